// The date and time in the head of the page, as such portals show them: every picture tells when it was taken.
(function () {
  function two(number) { return (number < 10 ? '0' : '') + number; }
  function show() {
    var now = new Date();
    var words = now.getFullYear() + '年' + (now.getMonth() + 1) + '月' + now.getDate() + '日 星期' + '日一二三四五六'.charAt(now.getDay()) +
      ' ' + two(now.getHours()) + ':' + two(now.getMinutes()) + ':' + two(now.getSeconds());
    document.querySelectorAll('[data-clock]').forEach(function (place) { place.textContent = words; });
  }
  document.addEventListener('DOMContentLoaded', function () { show(); setInterval(show, 1000); });
})();
