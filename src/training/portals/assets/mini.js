// Controls in the shape of MiniUI: a control takes its value from real input, not from an assignment to the element behind its back.
var mini = (function ($) {
  function control(element) {
    var box = $(element);
    return {
      el: box[0],
      getName: function () { return box.data('name'); },
      getValue: function () { return box.children('input[type=hidden]').val(); },
      setValue: function (value) {
        box.children('input[type=hidden]').val(value);
        box.find('.mini-textbox-input, .mini-buttonedit-input').val(value);
        box.find('.mini-checkbox-check').prop('checked', value === 'true');
        this.setError('');
      },
      setError: function (words) {
        box.toggleClass('mini-invalid', !!words).find('.mini-errorIcon').remove();
        if (words) $('<span class="mini-errorIcon"></span>').text(words).appendTo(box);
      },
      required: box.hasClass('mini-required')
    };
  }
  function closePopup() { $('.mini-popup').remove(); }
  function openPopup(box) {
    closePopup();
    var place = box.offset(), chosen = control(box).getValue();
    var rows = $.map(box.data('items').split('|'), function (item) {
      return $('<tr class="mini-listbox-item"><td></td></tr>').toggleClass('mini-listbox-item-selected', item === chosen)
        .find('td').text(item).end();
    });
    $('<div class="mini-popup mini-listbox-popup"><div class="mini-listbox"><div class="mini-listbox-view"><table class="mini-listbox-items"><tbody></tbody></table></div></div></div>')
      .css({ left: place.left, top: place.top + box.outerHeight(), width: box.outerWidth() })
      .find('tbody').append(rows).end().appendTo('body')
      .on('click', '.mini-listbox-item', function () {
        control(box).setValue($(this).text());
        closePopup();
      });
  }
  $(document)
    .on('change', '.mini-textbox-input', function () {
      var one = control($(this).closest('.mini-textbox'));
      one.setValue($.trim(this.value));
    })
    .on('change', '.mini-checkbox-check', function () {
      control($(this).closest('.mini-checkbox')).setValue(String(this.checked));
    })
    .on('click', '.mini-combobox .mini-buttonedit-border', function (event) {
      event.stopPropagation();
      openPopup($(this).closest('.mini-combobox'));
    })
    .on('click', function (event) {
      if (!$(event.target).closest('.mini-popup').length) closePopup();
    });
  return {
    get: function (id) { var found = document.getElementById(id); return found && control(found); },
    named: function (name) { return control($('[data-name="' + name + '"]')); },
    within: function (area) { return $(area).find('.mini-textbox, .mini-combobox, .mini-checkbox').map(function () { return control(this); }).get(); }
  };
})(jQuery);
