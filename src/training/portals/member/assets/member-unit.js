// 单位信息: 签章 opens a window of its own; the page asks until the seal is there. 同步 takes over the registry's record.
jQuery(function ($) {
  var page = $('#unit-page'), asking = null, busy = false;

  function openWindow(document_) {
    window.open('/seal/window?document=' + document_, 'seal_' + Date.now(), 'width=960,height=720');
  }

  function show(documents) {
    var open = 0;
    $.each(documents, function (_, one) {
      var row = page.find('[data-document=' + one.id + ']');
      if (!one.sealed) open++;
      row.find('.state span').attr('class', one.sealed ? 'good' : 'wait').text(one.sealed ? '已签章' : '未签章');
      row.find('.when').text(one.at);
    });
    if (!open && asking) { clearInterval(asking); asking = null; }
  }

  function ask() {
    member.ask('unitAction/documents', {}, function (told) {
      if (told.code !== '0000') return;
      show(told.data.documents);
      if (told.data.open) openWindow(told.data.open);
    }, function () { clearInterval(asking); asking = null; });
  }

  page.on('click', '[data-name=seal]', function () {
    var document_ = $(this).closest('tr').data('document');
    var told = null;
    // Synchronous, so that the window still opens within the click.
    member.ask('sealAction/prepare', { document: document_ }, function (answer) { told = answer; }, null, true);
    if (!told) return;
    if (!asking) asking = setInterval(ask, 1000);
    if (told.code === '0000') openWindow(document_);
    else if (told.msg) layer.msg(member.escaped(told.msg), { time: 2500 });
  });

  function sync() {
    busy = true;
    var mask = layer.load(1, { shade: [0.3, '#000'] });
    var done = function () { busy = false; layer.close(mask); };
    member.ask('unitAction/sync', {}, function (answer) {
      done();
      if (answer.code !== '0000') return member.alertBox(answer.msg);
      page.find('.mini-textbox').each(function () {
        var one = mini.get(this.id);
        one.setValue(answer.data.values[one.getName()] || '');
      });
      page.find('[data-show=synced]').text(answer.data.words);
      layer.msg('同步成功', { time: 3000 });
    }, function () { done(); member.alertBox('网络异常，请刷新页面后查看结果'); });
  }

  page.on('click', '[data-name=sync]', function () {
    if (busy) return;
    var unsealed = page.find('.state span.wait').length;
    if (unsealed) return member.alertBox('请先完成诚信承诺书和平台使用告知书的签章');
    layer.confirm('确定要用内蒙古主体库的信息覆盖当前诚信库信息吗？', { title: '提示', btn: ['确定', '取消'] }, function (index) {
      layer.close(index);
      sync();
    });
  });
});
