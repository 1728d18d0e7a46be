// 登录: the portal's challenge, signed by the lock through the local agent. The PIN goes to the agent and to nobody else.
jQuery(function ($) {
  var page = $('#login-page'), call = member.agent(page.data('agent-port'));
  var pin = page.find('[data-do=pin]'), certs = page.find('.certs'), known = [], chosen = null, busy = false;

  function choose(at) {
    chosen = known[at] || null;
    certs.children().removeClass('on').eq(chosen ? at : known.length).addClass('on');
  }

  function refresh() {
    var present = member.locks(call);
    if (!present) { page.find('#lock-words').text('未检测到互认助手'); return false; }
    var names = function (list) { return $.map(list, function (one) { return one.container; }).join(); };
    if (names(present) !== names(known) || !known.length) {
      known = present;
      page.find('#lock-words').text(!known.length ? '未检测到CA锁，请插入后刷新' : known.length === 1 ? '当前证书' : '检测到多个证书，请选择');
      certs.empty();
      $.each(known, function (at, one) {
        var told = call('RS_GetCertBase64String', { certType: '1', containerId: one.container });
        var info = told && told.code === '0000' ? call('RS_GetCertInfo', { certBase64: told.data.certBase64, type: '1' }) : null;
        $('<li><b></b><span></span></li>').find('b').text(one.holder).end()
          .find('span').text('证书序列号：' + ((info && info.data && info.data.serial) || '')).end().appendTo(certs);
      });
      choose(known.length === 1 ? 0 : -1);
    }
    return true;
  }

  function failed(words) {
    busy = false;
    pin.val('');
    member.alertBox(words);
  }

  certs.on('click', 'li', function () { choose($(this).index()); });
  page.find('[data-do=refresh]').on('click', refresh);
  page.find('[data-name=login]').on('click', function () {
    if (busy) return;
    if (!refresh()) return member.alertBox('未检测到互认助手，请先安装并启动互认助手后重试');
    if (!known.length) { window.alert('请插入CA锁'); return; }
    if (!chosen) return layer.msg('请先选择证书');
    if (!pin.val()) return layer.msg('请输入CA锁密码');
    busy = true;
    member.ask('memberLoginAction/challenge', {}, function (told) {
      if (told.code !== '0000') return failed(told.msg);
      var signed = member.sign(call, chosen.container, pin.val(), told.data.challenge);
      pin.val('');
      if (signed.words) return failed(signed.words);
      member.ask('memberLoginAction/login', { certBase64: signed.certificate, signature: signed.signature }, function (answer) {
        if (answer.code === '0000') { location.href = '/'; return; }
        failed(answer.msg);
      }, function () { busy = false; });
    }, function () { busy = false; });
  });
  refresh();
});
