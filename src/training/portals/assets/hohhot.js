// The entrance menu of the bureau's site. 互认平台 opens a window of its own, as the portal does.
document.addEventListener('DOMContentLoaded', function () {
  var login = document.getElementById('unified-login');
  login.addEventListener('mouseenter', function () { login.classList.add('open'); });
  login.addEventListener('mouseleave', function () { login.classList.remove('open'); });
  login.querySelector('a').addEventListener('click', function () { login.classList.add('open'); });
  document.addEventListener('click', function (event) {
    if (!login.contains(event.target)) login.classList.remove('open');
  });
  login.querySelector('.login-menu').addEventListener('click', function (event) {
    var address = event.target.getAttribute('data-open');
    if (address) window.open(address, '_blank');
  });
});
