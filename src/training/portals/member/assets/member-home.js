// The frame: the menu changes what the content frame shows.
jQuery(function ($) {
  var frame = $('.right iframe');
  $('.left').on('click', 'a', function () {
    $('.left a').removeClass('on');
    $(this).addClass('on');
    $('[data-tab]').text($(this).text());
    frame.attr('src', $(this).data('page'));
  });
  $('[data-do=leave]').on('click', function () {
    member.ask('memberLoginAction/leave', {}, function () { location.href = '/login'; });
  });
  var notice = document.getElementById('notice-text');
  if (notice) layer.open({ type: 1, title: '平台公告', area: ['560px', '330px'], closeBtn: 0, shade: 0.3, content: notice.innerHTML, btn: ['我已阅读'] });
});
