// CA 证书解绑: the code by SMS, and the request that ends a binding.
$(function () {
  var token = $('#_common_hidden_viewdata').val();
  function alertBox(words, icon) { layer.alert($('<i>').text(words).html(), { icon: icon === undefined ? 2 : icon, title: '提示' }); }
  function fields() {
    var all = { _common_hidden_viewdata: token };
    $.each(mini.within('#unbind-form'), function (at, one) { all[one.getName()] = one.getValue(); });
    return all;
  }
  function ask(action, then) {
    var busy = layer.load(1, { shade: [0.15, '#000'] });
    $.ajax({ url: '/rest/unbindAction/' + action, type: 'POST', dataType: 'json', data: fields() })
      .always(function () { layer.close(busy); })
      .done(then)
      .fail(function (xhr) {
        var known = xhr.status === 403 && xhr.responseJSON;
        alertBox(known ? known.msg : '网络异常，请刷新页面后查看办理结果');
      });
  }
  $('[data-name=send_code]').on('click', function () {
    ask('sendCode', function (answer) { layer.msg(answer.msg, { time: 3000 }); });
  });
  $('[data-name=apply_unbind]').on('click', function () {
    var missing = 0;
    $.each(mini.within('#unbind-form'), function (at, one) {
      var empty = one.required && !one.getValue();
      if (empty) { missing += 1; one.setError('不能为空'); }
    });
    if (missing) return layer.msg('请完善带 * 的必填项');
    layer.confirm('解除后，原 CA 锁将不能再登录各交易平台，且不可恢复。是否确认办理？', { icon: 3, title: '提示' }, function (index) {
      layer.close(index);
      ask('apply', function (answer) {
        if (answer.code === '0000') {
          layer.msg(answer.msg, { icon: 1, time: 3000 }, function () { location.href = '/'; });
          return;
        }
        $.each($.isArray(answer.data) ? answer.data : [], function (at, wrong) { mini.named(wrong.field).setError(wrong.words); });
        alertBox($.isArray(answer.data) ? answer.data[0].words : answer.msg);
      });
    });
  });
});
