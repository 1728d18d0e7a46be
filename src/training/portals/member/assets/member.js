// What all pages of the 会员端 share: calls to the portal and to the local agent, messages.
var member = (function ($) {
  var escaped = function (words) { return $('<i>').text(words).html(); };
  return {
    escaped: escaped,
    alertBox: function (words) { layer.alert(escaped(words), { icon: 0, title: '提示' }); },
    // A call to the portal; `then` gets {code, msg, data}. The vendor's own pages make some of them synchronous.
    ask: function (action, fields, then, failed, sync) {
      $.ajax({
        url: '/rest/' + action, type: 'POST', dataType: 'json', async: !sync,
        data: $.extend({ _common_hidden_viewdata: $('#_common_hidden_viewdata').val() }, fields)
      }).done(then).fail(function (xhr) {
        if (failed) failed();
        if (xhr.status === 403) member.alertBox('会话已失效，请重新登录');
        else if (!failed) member.alertBox('网络异常，请刷新页面后查看结果');
      });
    },
    // The agent's own way: a form POST, and the page stands still until it answers. Null without an agent.
    agent: function (port) {
      return function (name, fields) {
        var reply = null;
        $.ajax({
          url: 'http://127.0.0.1:' + port + '/' + name, type: 'POST', async: false, data: fields || {}, dataType: 'json',
          success: function (json) { reply = json; }
        });
        return reply;
      };
    },
    // [{holder, container}], or null without an agent.
    locks: function (call) {
      var reply = call('RS_GetUserList');
      if (!reply) return null;
      var list = (reply.code === '0000' && reply.data && reply.data.userlist) || '';
      return $.map(list ? list.split('&&&') : [], function (item) {
        return { holder: item.split('||')[0], container: item.split('||')[1] };
      });
    },
    // Opens a PIN session and signs; {certificate, signature}, or {words} that say why not.
    sign: function (call, container, pin, challenge) {
      var left = function () {
        var told = call('RS_GetPinRetryCount', { containerId: container });
        return told && told.code === '0000' ? told.data.retryCount : null;
      };
      var told = call('RS_GetCertBase64String', { certType: '1', containerId: container });
      if (!told || told.code !== '0000') return { words: '证书读取失败，请重新插入CA锁后再试' };
      if (left() === 0) return { words: 'CA锁已锁定，请联系CA机构' };
      var login = call('RS_CertLogin', { containerId: container, password: pin });
      if (!login) return { words: '互认助手没有响应，请确认互认助手已启动后重试' };
      if (login.code !== '0000') {
        var tries = left();
        if (tries === 0) return { words: 'CA锁已锁定，请联系CA机构' };
        if (login.code === '9011') return { words: '密码错误' + (tries === null ? '' : '，剩余次数：' + tries) };
        return { words: 'CA锁登录失败：' + (login.msg || '') + '（' + login.code + '）' };
      }
      var signed = call('RS_KeySignByP1', { containerId: container, asn1Msg: challenge });
      if (!signed || signed.code !== '0000') return { words: '签名失败，请重新插入CA锁后再试' };
      return { certificate: told.data.certBase64, signature: signed.data.signature };
    }
  };
})(jQuery);
