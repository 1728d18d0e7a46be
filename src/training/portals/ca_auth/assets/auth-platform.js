// 平台选择, 确认授权: the platform opens in a window of its own; this one says so.
auth.ready(function ($, layer) {
  function open(platform, address, after) {
    // Where the browser keeps the new window back, this one goes on there.
    if (!window.open(address, 'ruku-' + platform)) { location.href = address; return; }
    setTimeout(function () { location.href = '/entering/' + platform; }, after);
  }

  $('[data-platform]').on('click', function () {
    var platform = $(this).data('platform');
    auth.ask('platformAction/choose', { platform: platform }, function (answer) {
      if (answer.code !== '0000') return auth.alertBox(answer.msg, 0);
      if (answer.data.address) open(platform, answer.data.address, 0);
      else location.href = '/authorise/' + platform;
    });
  });

  var page = $('#authorise-page');
  function authorise() {
    var platform = page.data('id');
    auth.ask('platformAction/authorise', { platform: platform }, function (answer) {
      if (answer.code !== '0000') return auth.alertBox(answer.msg);
      layer.msg(answer.msg, { icon: 1, time: 3000 });
      open(platform, answer.data.address, 3000);
    });
  }
  page.find('[data-do=authorise]').on('click', function () {
    var words = '是否同意该平台获取并使用您的身份信息？';
    if (page.data('confirm') === 'native') {
      if (window.confirm(words)) authorise();
      return;
    }
    layer.confirm(words, { icon: 3, title: '提示' }, function (index) { layer.close(index); authorise(); });
  });
});
