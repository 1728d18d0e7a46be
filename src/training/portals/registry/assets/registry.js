// Epoint's way of talking to people and to the server: boxes and windows in the top page, calls with one JSON text.
var epoint = (function ($) {
  // Frames of the same portal share the boxes of the page around them.
  var outer = window.top.jQuery;
  function page() { return outer(window.top.document.body); }
  var count = 20 + Math.floor(Math.random() * 9000);

  function box(title, body, buttons) {
    count += 3;
    var mask = outer('<div class="mini-modal"></div>').appendTo(page());
    var one = outer('<div class="mini-panel mini-window mini-messagebox"></div>').attr('id', 'mini-' + count);
    one.append(outer('<div class="mini-panel-header"><span class="mini-panel-title"></span><span class="mini-tools-close" title="关闭">×</span></div>').find('.mini-panel-title').text(title).end());
    one.append(outer('<div class="mini-panel-body mini-messagebox-content"><table><tbody><tr><td class="mini-messagebox-icon">!</td><td class="mini-messagebox-content-text"></td></tr></tbody></table></div>'));
    one.find('.mini-messagebox-content-text').append(body);
    var row = outer('<div class="mini-messagebox-buttons"></div>').appendTo(one);
    function close() { one.remove(); mask.remove(); }
    $.each(buttons, function (at, button) {
      count += 1;
      outer('<a class="mini-button" href="javascript:void(0)" hidefocus><span class="mini-button-text"></span></a>').attr('id', 'mini-' + count)
        .toggleClass('mini-button-primary', at === 0).find('span').text(button.words).end()
        .on('click', function () { close(); if (button.then) button.then(); }).appendTo(row);
    });
    one.find('.mini-tools-close').on('click', close);
    one.appendTo(page());
    return close;
  }

  var all = {
    // Words, or a list of them.
    alert: function (words, title, then) {
      box(title || '提示', outer('<span></span>').text($.isArray(words) ? words.join('\n') : words), [{ words: '确定', then: then }]);
    },
    confirm: function (words, then) { box('确认', outer('<span></span>').text(words), [{ words: '确定', then: then }, { words: '取消' }]); },
    // The only sign of success there is; gone after three seconds.
    tips: function (words, icon) { (window.layui ? layui.layer : layer).msg(words, { icon: icon || 1, time: 3000 }); },
    openDialog: function (title, url, closed) {
      count += 5;
      var id = 'mini-' + count, mask = outer('<div class="mini-modal"></div>').appendTo(page());
      var win = outer('<div class="mini-panel mini-window dialog"><div class="mini-panel-header"><span class="mini-panel-title"></span><span class="mini-tools-close" title="关闭">×</span></div><div class="mini-panel-body"><iframe></iframe></div></div>').attr('id', id);
      win.find('.mini-panel-title').text(title);
      win.find('iframe').attr({ title: title, src: url + (/\?/.test(url) ? '&' : '?') + '_winid=w' + count + '&_dialogId_=' + id });
      function close() { win.remove(); mask.remove(); window.top.epointClose = null; if (closed) closed(); }
      win.find('.mini-tools-close').on('click', close);
      window.top.epointClose = close;
      win.appendTo(page());
    },
    closeDialog: function () { if (window.top.epointClose) window.top.epointClose(); },
    // `then` gets {code, msg, data}; `failed` is called when no such answer came.
    call: function (action, dto, then, failed, more) {
      $.ajax({
        url: '/rest/' + action, type: 'POST', dataType: 'json',
        data: $.extend({ _common_hidden_viewdata: $('#_common_hidden_viewdata').val(), commonDto: JSON.stringify(dto || {}) }, more)
      }).done(then).fail(function (xhr) {
        if (failed) failed();
        if (xhr.status === 401) return all.expired();
        all.alert(xhr.status === 503 ? '系统维护中，请稍后再办' : '网络异常，请刷新页面后查看办理结果');
      });
    },
    expired: function () {
      all.alert('登录已超时，请重新登录', '提示', function () { window.top.location.href = '/'; });
    }
  };
  return all;
})(jQuery);

$(function () {
  var acts = {
    edit: function () { location.href = '/page/edit'; },
    back: function () { location.href = '/page/overview'; },
    previous: function () { location.href = '/page/edit'; },
    refresh: function () { location.reload(); },
    files: function () { epoint.openDialog('电子件管理', '/page/files', function () { if (/overview/.test(location.pathname)) location.reload(); }); }
  };
  $.each(acts, function (name, act) { $('.frame-page [data-name=' + name + ']').on('click', act); });

  // The page before the submission.
  $('[data-name=submit]').on('click', function () {
    if (mini.named('promise').getValue() !== 'true') return epoint.alert('请先阅读并勾选承诺内容');
    epoint.confirm('提交后在核验期间不可修改，是否确定提交？', function () {
      epoint.call('registryAction/submit', {}, function (answer) {
        if (answer.code === '0000') {
          epoint.tips('提交成功');
          // What the portal issued stays in sight after the toast has gone.
          setTimeout(function () { location.href = '/page/result'; }, 1500);
          return;
        }
        epoint.alert($.isArray(answer.data) ? [answer.msg].concat(answer.data) : answer.msg);
      });
    });
  });
});
