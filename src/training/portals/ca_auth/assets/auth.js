// What all pages of the sign-on share: calls to the portal, messages, 退出.
var auth = (function () {
  var all = { $: null, layer: null };
  all.ready = function (work) {
    layui.use(['layer', 'jquery'], function () {
      all.$ = layui.jquery;
      all.layer = layui.layer;
      all.$(function () { work(all.$, all.layer); });
    });
  };
  all.escaped = function (words) { return all.$('<i>').text(words).html(); };
  all.alertBox = function (words, icon, then) {
    all.layer.alert(all.escaped(words), { icon: icon === undefined ? 2 : icon, title: '提示' }, function (index) {
      all.layer.close(index);
      if (then) then();
    });
  };
  // A call to the portal; `then` gets {code, msg, data}.
  all.ask = function (action, fields, then, failed) {
    var busy = all.layer.load(1, { shade: [0.15, '#000'] });
    all.$.ajax({
      url: '/rest/' + action, type: 'POST', dataType: 'json',
      data: all.$.extend({ _common_hidden_viewdata: all.$('#_common_hidden_viewdata').val() }, fields)
    })
      .always(function () { all.layer.close(busy); })
      .done(then)
      .fail(function (xhr) {
        if (failed) failed();
        if (xhr.status === 403) { location.href = '/login?ended'; return; }
        all.alertBox('网络异常，请刷新页面后查看结果');
      });
  };
  return all;
})();
auth.ready(function ($) {
  $('#leave').on('click', function () { auth.ask('loginAction/leave', {}, function () { location.href = '/login'; }); });
});
