// 自然人绑定: asks the local agent for the certificate, the portal whether it is bound, and hands in the application.
$(function () {
  var page = $('#bind-page');
  var agent = 'http://127.0.0.1:' + page.data('agent-port') + '/';
  var token = $('#_common_hidden_viewdata').val();
  var lockName = null;

  // The agent's own way: a form POST, and the page stands still until it answers.
  function callAgent(name, fields) {
    var reply = null;
    $.ajax({
      url: agent + name, type: 'POST', async: false, data: fields || {}, dataType: 'json',
      success: function (json) { reply = json; }
    });
    return reply;
  }

  function alertBox(words, icon) { layer.alert($('<i>').text(words).html(), { icon: icon === undefined ? 2 : icon, title: '提示' }); }

  function ask(action, fields, then) {
    var busy = layer.load(1, { shade: [0.15, '#000'] });
    $.ajax({ url: '/rest/bindAction/' + action, type: 'POST', dataType: 'json', data: $.extend({ _common_hidden_viewdata: token }, fields) })
      .always(function () { layer.close(busy); })
      .done(then)
      .fail(function (xhr) {
        var known = xhr.status === 403 && xhr.responseJSON;
        alertBox(known ? known.msg : '网络异常，请刷新页面后查看办理结果');
      });
  }

  // Names and containers of the locks that are in, or null after saying why there are none.
  function locks() {
    var reply = callAgent('RS_GetUserList');
    if (!reply) { alertBox('未检测到互认助手，请先安装并启动互认助手后重试'); return null; }
    var list = reply.data && reply.data.userlist;
    if (reply.code === '9001' || (reply.code === '0000' && !list)) { alertBox('请插入CA锁', 0); return null; }
    if (!list) { alertBox('读取证书失败：' + (reply.msg || '') + '（' + reply.code + '）'); return null; }
    return $.map(list.split('&&&'), function (item) {
      var parts = item.split('||');
      return item ? { name: parts[0], container: parts[1] } : null;
    });
  }

  // Reads every certificate in turn; the portal tells what stands in it.
  function readAll(found, done) {
    var cards = [], refusal = '';
    (function next(at) {
      if (at === found.length) return cards.length ? done(cards) : alertBox(refusal);
      var reply = callAgent('RS_GetCertBase64String', { certType: '1', containerId: found[at].container });
      if (!reply || reply.code !== '0000') {
        refusal = reply ? '读取证书失败：' + (reply.msg || '') + '（' + reply.code + '）' : '未检测到互认助手，请先安装并启动互认助手后重试';
        return next(at + 1);
      }
      ask('readCertificate', { certBase64: reply.data.certBase64 }, function (answer) {
        if (answer.code === '0000') cards.push($.extend(answer.data, { base64: reply.data.certBase64, container: found[at].container }));
        else refusal = answer.msg;
        next(at + 1);
      });
    })(0);
  }

  function choose(cards, done) {
    if (cards.length === 1) return done(cards[0]);
    var list = $('<ul class="cert-list"></ul>');
    $.each(cards, function (at, card) {
      $('<li><b></b><span class="sn"></span><span class="valid"></span></li>').attr('data-at', at)
        .find('b').text(card.holder).end().find('.sn').text('证书序列号：' + card.serial).end()
        .find('.valid').text('有效期：' + card.validity).end().appendTo(list);
    });
    var box = layer.open({
      type: 1, title: '检测到多个证书，请选择', area: ['560px', 'auto'], content: list.prop('outerHTML'),
      success: function (layero) {
        layero.on('click', '.cert-list li', function () {
          layer.close(box);
          done(cards[+$(this).attr('data-at')]);
        });
      }
    });
  }

  function show(card) {
    $.each({ cert_holder: 'holder', cert_sn: 'serial', cert_issuer: 'issuer', cert_validity: 'validity', cert_company: 'organisation' },
      function (field, key) { mini.named(field).setValue(card[key] || ''); });
    $('#greeting').text('您好，' + card.holder);
    $('.visitor').show();
    ask('bindStatus', { certBase64: card.base64 }, function (answer) {
      if (answer.code !== '0000') return alertBox(answer.msg);
      lockName = card.container;
      $('.bind-state').removeClass('none').toggleClass('bound', answer.data.bound).text(answer.data.bound ? '已绑定' : '未绑定');
      $('.bind-words').text(answer.data.bound ? '该证书已绑定，无需重复申请' : '请完善下方申请人信息');
      $('.step').removeClass('on').eq(answer.data.bound ? 2 : 1).addClass('on');
      if (answer.data.bound) $('#apply-form').remove();
      else $('#apply-form').show();
    });
  }

  $('[data-name=read_certificate]').on('click', function () {
    var found = locks();
    if (found) readAll(found, function (cards) { choose(cards, show); });
  });

  function submit() {
    var fields = { cert_sn: mini.named('cert_sn').getValue() };
    $.each(mini.within('#apply-form'), function (at, one) { fields[one.getName()] = one.getValue(); });
    ask('apply', fields, function (answer) {
      if (answer.code === '0000') {
        // The only sign of success there is.
        layer.msg(answer.msg, { icon: 1, time: 3000 }, function () { location.reload(); });
        return;
      }
      $.each($.isArray(answer.data) ? answer.data : [], function (at, wrong) { mini.named(wrong.field).setError(wrong.words); });
      alertBox($.isArray(answer.data) ? answer.data[0].words : answer.msg);
    });
  }

  $('[data-name=confirm_apply]').on('click', function () {
    var missing = 0;
    $.each(mini.within('#apply-form'), function (at, one) {
      var empty = one.required && !one.getValue();
      if (empty) { missing += 1; one.setError('不能为空'); }
    });
    if (missing) return layer.msg('请完善带 * 的必填项');
    if (mini.named('agreed').getValue() !== 'true') return alertBox('请先阅读并同意《CA 互认系统使用协议》', 0);
    var found = locks();
    if (!found) return;
    if (!$.grep(found, function (lock) { return lock.container === lockName; }).length) return alertBox('当前CA锁与已读取的证书不一致，请重新读取证书');
    var words = '请确认所填信息真实、准确。提交后不可修改，是否提交？';
    if (page.data('confirm') === 'native') {
      if (window.confirm(words)) submit();
      return;
    }
    layer.confirm(words, { icon: 3, title: '提示' }, function (index) { layer.close(index); submit(); });
  });

  $('#agreement').on('click', function () {
    layer.open({ type: 1, title: 'CA 互认系统使用协议', area: ['620px', '360px'], content: $('#agreement-text').html() });
  });
});
