// The main page: 退出, and the notice that covers everything until it is closed.
$(function () {
  $('#leave').on('click', function () {
    epoint.call('registryAction/leave', {}, function () { location.href = '/'; });
  });
  var notice = $('#notice-text');
  if (!notice.length) return;
  layer.open({
    type: 1, title: '系统公告', area: ['640px', '360px'], shade: 0.5, closeBtn: 0, btn: ['我已阅读'], content: notice.html(),
    yes: function (index) {
      epoint.call('registryAction/closeNotice', {}, function () { layer.close(index); });
    }
  });
});
