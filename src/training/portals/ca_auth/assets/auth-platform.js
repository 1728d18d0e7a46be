// 平台选择, 确认授权: the platform opens in a window of its own; this one says so.
auth.ready(function ($, layer) {
  function open(platform, address) {
    var opened = window.open(address, 'ruku-' + platform);
    // Where the browser keeps the new window back, or this is the platform's window, this one goes on there.
    location.href = opened && opened !== window ? '/entering/' + platform : address;
  }

  $('[data-platform]').on('click', function () {
    var platform = $(this).data('platform');
    auth.ask('platformAction/choose', { platform: platform }, function (answer) {
      if (answer.code !== '0000') return auth.alertBox(answer.msg, 0);
      if (answer.data.address) open(platform, answer.data.address);
      else location.href = '/authorise/' + platform;
    });
  });

  var page = $('#authorise-page');
  function authorise() {
    var platform = page.data('id');
    auth.ask('platformAction/authorise', { platform: platform }, function (answer) {
      if (answer.code !== '0000') return auth.alertBox(answer.msg);
      // Short enough that the browser still takes the new window for the person's own doing.
      layer.msg(answer.msg, { icon: 1, time: 1500 }, function () { open(platform, answer.data.address); });
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
