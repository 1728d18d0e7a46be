// The seal window, as a vendor's control is one: seals of the lock, a PIN, 盖章, 完成. The PIN goes to the agent and to nobody else.
jQuery(function ($) {
  var page = $('#seal-page'), call = member.agent(page.data('agent-port')), key = page.data('key');
  var signer = String(page.data('signer')), own = page.data('own') === 1, hasSeal = page.data('seal') === 1;
  var words = page.find('.seal-words'), chosen = null, stamped = false;

  // Looks for the signer's lock; asks again until it is in.
  function look() {
    var present = member.locks(call);
    chosen = $.grep(present || [], function (one) { return one.holder === signer; })[0] || null;
    page.find('.seals').empty();
    if (!hasSeal) words.text('未读取到印章，请联系CA机构制作电子印章');
    else if (!present) words.text('未检测到互认助手');
    else if (chosen) {
      words.text('');
      $('<li>').text(signer + (own ? ' 签名章' : ' 法定代表人名章')).appendTo(page.find('.seals'));
    } else if (!own) words.text('本文件须由法定代表人签章，请使用法定代表人CA锁签章');
    else words.text(present.length ? '当前CA锁与登录用户不一致，请插入本人的CA锁' : '请插入CA锁');
    if (hasSeal && !chosen) setTimeout(look, 1500);
  }

  function showStamp() {
    stamped = true;
    page.find('.stamp-place').empty().append($('<span class="stamp"></span>').text(signer));
  }

  function end() {
    layer.msg('签章完成', { time: 800 }, function () { window.close(); });
  }

  // Says that the window is open, and learns how the seal stands.
  function state() {
    member.ask('sealAction/state', { key: key }, function (told) {
      if (told.code !== '0000') return;
      if (told.data.stamped && !stamped) showStamp();
      if (told.data.sealed) return end();
      setTimeout(state, 1000);
    }, function () {});
  }

  page.find('[data-name=stamp]').on('click', function () {
    var pin = page.find('[data-do=pin]');
    if (!chosen) return layer.msg('没有可用的印章');
    if (!pin.val()) return layer.msg('请输入签章密码');
    member.ask('sealAction/challenge', { key: key }, function (told) {
      if (told.code !== '0000') return member.alertBox(told.msg);
      var signed = member.sign(call, chosen.container, pin.val(), told.data.challenge);
      pin.val('');
      if (signed.words) return member.alertBox(signed.words);
      member.ask('sealAction/stamp', { key: key, certBase64: signed.certificate, signature: signed.signature }, function (answer) {
        if (answer.code !== '0000') return member.alertBox(answer.msg);
        showStamp();
        layer.msg('盖章成功，请点击完成');
      });
    });
  });
  page.find('[data-name=complete]').on('click', function () {
    member.ask('sealAction/complete', { key: key }, function (answer) {
      if (answer.code !== '0000') return member.alertBox(answer.msg);
      end();
    });
  });
  look();
  state();
});
