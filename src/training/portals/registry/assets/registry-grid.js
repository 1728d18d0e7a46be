// A grid in the shape of MiniUI: a press on a cell puts an editor over it; Enter, Tab or leaving it takes the value over.
var staffGrid = (function ($) {
  var rows = [], chosen = -1, editor = null, count = 100 + Math.floor(Math.random() * 9000);

  function draw() {
    var body = $('.mini-grid-rowstable tbody').empty();
    $.each(rows, function (at, cells) {
      var row = $('<tr class="mini-grid-row"></tr>').toggleClass('mini-grid-row-selected', at === chosen).attr('data-at', at);
      row.append($('<td class="mini-grid-cell num"><div class="mini-grid-cell-inner"></div></td>').find('div').text(at + 1).end());
      $.each(cells, function (column, value) {
        row.append($('<td class="mini-grid-cell"><div class="mini-grid-cell-inner mini-grid-cell-nowrap"></div></td>')
          .attr('data-column', column).find('div').text(value || '\u00a0').end());
      });
      body.append(row);
    });
  }
  function commit() {
    if (!editor) return;
    var one = editor;
    editor = null;
    rows[one.at][one.column] = $.trim(one.box.find('input').val());
    one.box.remove();
    one.cell.find('.mini-grid-cell-inner').text(rows[one.at][one.column] || '\u00a0');
  }
  function edit(cell) {
    commit();
    var at = +cell.closest('tr').data('at'), column = +cell.data('column');
    chosen = at;
    $('.mini-grid-row').removeClass('mini-grid-row-selected').eq(at).addClass('mini-grid-row-selected');
    var view = $('.mini-grid-rows'), place = cell.position();
    count += 2;
    var box = $('<div class="mini-grid-editwrap"><span class="mini-textbox"><span class="mini-textbox-border"><input type="text" class="mini-textbox-input" autocomplete="off"></span></span></div>')
      .css({ left: place.left + view.scrollLeft(), top: place.top + view.scrollTop(), width: cell.outerWidth() });
    box.find('.mini-textbox').attr('id', 'mini-' + count);
    box.find('input').attr('id', 'mini-' + count + '$text').val(rows[at][column]).on('keydown', function (event) {
      if (event.key === 'Enter') commit();
      if (event.key === 'Tab') {
        event.preventDefault();
        commit();
        if (column < 2) edit($('.mini-grid-row[data-at=' + at + '] [data-column=' + (column + 1) + ']'));
      }
    });
    editor = { at: at, column: column, cell: cell, box: box };
    view.append(box);
    box.find('input').trigger('focus').trigger('select').on('blur', commit);
  }
  $(function () {
    var grid = $('.mini-datagrid');
    if (!grid.length) return;
    rows = grid.data('rows');
    draw();
    $('.mini-datagrid').on('click', '.mini-grid-cell[data-column]', function () { edit($(this)); });
    $('.mini-grid-rows').on('click', '.mini-grid-editwrap', function (event) { event.stopPropagation(); });
    $('[data-name=add_row]').on('click', function () { commit(); rows.unshift(['', '', '']); chosen = 0; draw(); });
    $('[data-name=remove_row]').on('click', function () {
      commit();
      if (chosen < 0) return epoint.alert('请先选中一行');
      rows.splice(chosen, 1);
      chosen = -1;
      draw();
    });
  });
  return { rows: function () { commit(); return rows; } };
})(jQuery);
