// 立即登录: the portal's challenge, signed by the lock through the local agent. The PIN goes to the agent and to nobody else, and nothing
// is sent anywhere while it is being typed.
auth.ready(function ($, layer) {
  var page = $('#login-page');
  var agent = 'http://127.0.0.1:' + page.data('agent-port') + '/';
  var inWindow = page.data('window') === 1, withCaptcha = page.data('captcha') === 1;
  var part = function (name) { return page.find('[data-do=' + name + ']'); };
  var certs = page.find('.certs'), known = [], chosen = null, busy = false;

  // The agent's own way: a form POST, and the page stands still until it answers.
  function callAgent(name, fields) {
    var reply = null;
    $.ajax({
      url: agent + name, type: 'POST', async: false, data: fields || {}, dataType: 'json',
      success: function (json) { reply = json; }
    });
    return reply;
  }

  function newPicture() {
    page.find('.captcha img').attr('src', '/captcha.svg?t=' + Date.now());
    part('captcha').val('');
  }

  function locks() {
    var reply = callAgent('RS_GetUserList');
    if (!reply) return null;
    var list = (reply.code === '0000' && reply.data && reply.data.userlist) || '';
    return $.map(list ? list.split('&&&') : [], function (item) { return item.split('||')[1]; });
  }

  function certificate(container) {
    var reply = callAgent('RS_GetCertBase64String', { certType: '1', containerId: container });
    if (!reply || reply.code !== '0000') return null;
    var told = callAgent('RS_GetCertInfo', { certBase64: reply.data.certBase64, type: '1' });
    return { container: container, base64: reply.data.certBase64, info: (told && told.code === '0000' && told.data) || {} };
  }

  function show() {
    certs.empty();
    var words = known.length === 0 ? '未检测到CA锁，请插入后刷新' : known.length === 1 ? '当前证书' : '检测到多个证书，请选择';
    page.find('#lock-words').text(words);
    $.each(known, function (at, one) {
      var end = String(one.info.notAfter || '').slice(0, 10);
      $('<li><b></b><span class="sn"></span><span class="end"></span></li>').attr('data-at', at).toggleClass('only', known.length === 1)
        .find('b').text(one.info.holder || '').end().find('.sn').text('证书序列号：' + (one.info.serial || '')).end()
        .find('.end').text('有效期至：' + end).end().appendTo(certs);
    });
    choose(known.length === 1 ? 0 : -1);
  }

  function choose(at) {
    chosen = known[at] || null;
    certs.children().removeClass('on').eq(at < 0 ? known.length : at).addClass('on');
  }

  // Looks which locks are in now. False when there is nobody to ask.
  function refresh() {
    var present = locks();
    if (present === null) { page.find('#lock-words').text('未检测到互认助手'); return false; }
    var same = present.length === known.length && $.grep(known, function (one) { return $.inArray(one.container, present) < 0; }).length === 0;
    if (!same || !known.length) {
      known = $.map(present, certificate);
      show();
    }
    return true;
  }

  certs.on('click', 'li', function () { choose(+$(this).attr('data-at')); });
  part('refresh').on('click', function () { if (!refresh()) auth.alertBox('未检测到互认助手，请先安装并启动互认助手后重试'); });
  page.find('.captcha img').on('click', newPicture);

  function failed(words) {
    busy = false;
    part('pin').val('');
    if (withCaptcha) newPicture();
    if (words) auth.alertBox(words);
  }

  function tries() {
    var reply = callAgent('RS_GetPinRetryCount', { containerId: chosen.container });
    return reply && reply.code === '0000' ? reply.data.retryCount : null;
  }

  // Signs the challenge; answers null after saying why it could not.
  function signed(challenge) {
    if (tries() === 0) return failed('CA锁已锁定，请联系CA机构');
    var fields = { containerId: chosen.container };
    if (inWindow) fields.window = '1'; else fields.password = part('pin').val();
    var reply = callAgent('RS_CertLogin', fields);
    fields = null;
    part('pin').val('');
    if (!reply) return failed('互认助手没有响应，请确认互认助手已启动后重试');
    if (reply.code === '9010') return failed('未输入CA锁密码，登录已取消');
    if (reply.code === '9008') return failed('CA锁无法打开，请重新插入CA锁后再试');
    if (reply.code !== '0000') {
      var left = tries();
      if (left === 0) return failed('CA锁已锁定，请联系CA机构');
      if (reply.code === '9011') return failed('密码错误' + (left === null ? '' : '，剩余次数：' + left));
      return failed('CA锁登录失败：' + (reply.msg || '') + '（' + reply.code + '）');
    }
    reply = callAgent('RS_KeySignByP1', { containerId: chosen.container, asn1Msg: challenge });
    if (!reply || reply.code !== '0000') return failed('签名失败，请重新插入CA锁后再试');
    return reply.data.signature;
  }

  function send(signature) {
    auth.ask('loginAction/login', { certBase64: chosen.base64, signature: signature }, function (answer) {
      if (answer.code === '0000') { location.href = '/certificate'; return; }
      if (answer.code !== '9205') return failed(answer.msg);
      failed();
      var lines = ['原绑定证书序列号：' + answer.data.bound, '当前证书序列号：' + answer.data.current, answer.msg];
      layer.open({ type: 0, icon: 0, title: '提示', area: '560px', content: $.map(lines, auth.escaped).join('<br>') });
    }, failed);
  }

  function login() {
    auth.ask('loginAction/challenge', {}, function (answer) {
      if (answer.code !== '0000') return failed(answer.msg);
      var signature = signed(answer.data.challenge);
      if (signature) send(signature);
    }, failed);
  }

  part('login').on('click', function () {
    if (busy) return;
    if (!refresh()) return auth.alertBox('未检测到互认助手，请先安装并启动互认助手后重试');
    if (!known.length) { window.alert('请插入CA锁'); return; }
    if (!chosen) return layer.msg('请先选择证书');
    if (!inWindow && !part('pin').val()) return layer.msg('请输入CA锁密码');
    busy = true;
    if (!withCaptcha) return login();
    auth.ask('loginAction/captcha', { captcha: part('captcha').val() }, function (answer) {
      if (answer.code === '0000') return login();
      busy = false;
      newPicture();
      layer.msg(answer.msg);
    }, failed);
  });

  if (withCaptcha) newPicture();
  refresh();
});
