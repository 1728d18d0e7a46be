// 退出: the portal forgets the certificate that was read in this session.
$(function () {
  $('#leave').on('click', function () {
    $.post('/rest/bindAction/leave', { _common_hidden_viewdata: $('#_common_hidden_viewdata').val() })
      .always(function () { location.href = '/'; });
  });
});
