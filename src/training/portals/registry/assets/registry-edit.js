// The form: what layui draws, regions that depend on each other, 保存 and 下一步.
layui.use(['form', 'laydate', 'element', 'layer'], function () {
  var form = layui.form, laydate = layui.laydate, element = layui.element;
  form.render();
  $('[data-laydate]').each(function () { laydate.render({ elem: this, format: 'yyyy-MM-dd', trigger: 'click' }); });

  function below(path, then) { $.getJSON('/rest/regionAction/below', { path: path }, then); }
  function fillList(list, names, chosen) {
    list.empty().append('<option value="">请选择</option>').append($.map(names, function (name) { return $('<option></option>').text(name)[0]; }));
    if (chosen) list.val(chosen);
  }

  // 省 / 市 / 区县, three lists; each is loaded when the one before is chosen.
  $('.cascade').each(function () {
    var lists = $(this).find('select'), levels = String($(this).data('value')).split(' / ');
    function load(level, chosen) {
      lists.slice(level).each(function () { fillList($(this), []); });
      var path = lists.slice(0, level).map(function () { return this.value; }).get();
      if (path.indexOf('') >= 0) return;
      below(path.join(' / '), function (names) {
        fillList(lists.eq(level), names, chosen);
        if (chosen && level < 2) load(level + 1, levels[level + 1]);
      });
    }
    if (levels.length === 3) { lists.eq(0).val(levels[0]); load(1, levels[1]); }
    lists.slice(0, 2).each(function (level) { $(this).on('change', function () { load(level + 1); }); });
  });

  // The same in one panel with three columns.
  $('.cascader-input').on('click', function (event) {
    event.stopPropagation();
    $('.cascader-panel').remove();
    var input = $(this), place = input.offset(), panel = $('<div class="cascader-panel"></div>');
    function column(level, path) {
      below(path.join(' / '), function (names) {
        panel.find('ul').slice(level).remove();
        var list = $('<ul></ul>').appendTo(panel);
        $.each(names, function (at, name) {
          $('<li></li>').text(name).appendTo(list).on('click', function () {
            $(this).addClass('on').siblings().removeClass('on');
            if (level < 2) return column(level + 1, path.concat(name));
            input.val(path.concat(name).join(' / '));
            panel.remove();
          });
        });
      });
    }
    panel.css({ left: place.left, top: place.top + input.outerHeight() }).appendTo('body').on('click', function (event) { event.stopPropagation(); });
    column(0, []);
  });
  $(document).on('click', function () { $('.cascader-panel').remove(); });

  function valueOf(box) {
    switch (box.data('kind')) {
      case 'mini': case 'mini-select': return box.find('input[type=hidden]').val();
      case 'radio': return box.find('input:checked').val() || '';
      case 'checks': return box.find('input:checked').map(function () { return this.value; }).get().join('、');
      case 'region':
        var levels = box.find('select').map(function () { return this.value; }).get();
        return levels.indexOf('') < 0 ? levels.join(' / ') : levels[0] ? levels.join(' / ') : '';
      default: return box.find('input, select, textarea').first().val();
    }
  }
  function show(wrong) {
    $('.field .wrong').remove();
    $.each(wrong, function (at, one) {
      $('[data-field="' + one.field + '"] .layui-input-block').append($('<span class="wrong"></span>').text(one.words));
    });
    $('.layui-tab-title li').eq(wrong[0].tab).trigger('click');
  }
  function save(then) {
    var values = {};
    $('.field').each(function () { values[$(this).data('field')] = valueOf($(this)); });
    var busy = layui.layer.load(1);
    function close() { layui.layer.close(busy); }
    epoint.call('registryAction/save', { values: values, staff: staffGrid.rows() }, function (answer) {
      close();
      $('.field .wrong').remove();
      if (answer.code === '0000') return then(answer);
      if ($.isArray(answer.data) && answer.data.length) show(answer.data);
      epoint.alert($.isArray(answer.data) ? [answer.msg].concat($.map(answer.data, function (one) { return one.words; })) : answer.msg);
    }, close);
  }
  $('[data-name=save]').on('click', function () { save(function (answer) { epoint.tips(answer.msg); }); });
  $('[data-name=next]').on('click', function () {
    save(function () {
      epoint.call('registryAction/check', {}, function (answer) {
        if (answer.code === '0000') { location.href = '/page/preview'; return; }
        epoint.alert([answer.msg].concat(answer.data || []));
      });
    });
  });
});
