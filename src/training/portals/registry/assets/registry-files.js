// 电子件: one WebUploader a row. A file counts when the server has given it its fileGuid.
$(function () {
  var number = 0;
  function size(bytes) { return (bytes / 1024).toFixed(1) + 'K'; }

  $('.file-table tr[data-category]').each(function () {
    var row = $(this), list = row.find('.mini-uploader-list'), most = +row.data('most'), largest = +row.data('largest');
    var types = String(row.data('types')), auto = String(row.data('auto')) === 'true';
    function count() {
      row.find('.file-count').text('已上传' + list.find('.success').length + '个');
    }
    function there() { return list.find('.mini-uploader-item').length; }
    count();

    var uploader = WebUploader.create({
      auto: auto, server: '/rest/fileAction/upload', sendAsBinary: true, duplicate: true, pick: { id: row.find('.pick'), multiple: most > 1 },
      fileSingleSizeLimit: largest, accept: { title: types, extensions: types.replace('jpg', 'jpg,jpeg'), mimeTypes: $.map(types.split(','), function (one) { return '.' + one; }).join(',') },
      compress: false,
      formData: { _common_hidden_viewdata: $('#_common_hidden_viewdata').val(), category: row.data('category') }
    });
    uploader.on('beforeFileQueued', function () {
      if (there() < most) return true;
      epoint.alert('选择的文件过多！最多可上传' + most + '个文件');
      return false;
    });
    uploader.on('error', function (type) {
      if (type === 'Q_TYPE_DENIED') epoint.alert('选择的文件类型错误！仅支持' + types.split(',').join('、') + '格式');
      if (type === 'F_EXCEED_SIZE') epoint.alert('选择的文件过大！单个文件不能超过' + largest / 1048576 + 'M');
    });
    uploader.on('fileQueued', function (file) {
      number += 1;
      var item = $('<div class="mini-uploader-item"><a class="mini-uploader-info" href="javascript:void(0)"></a><span class="mini-uploader-size"></span><span class="mini-uploader-progressbar"><span class="progress-text">等待上传</span></span><span class="mini-uploader-error"></span><a class="mini-uploader-remove" href="javascript:void(0)">删除</a></div>');
      item.attr('id', file.id).find('.mini-uploader-info').text(file.name).end().find('.mini-uploader-size').text(size(file.size)).end()
        .find('.mini-uploader-remove').attr('fileId', file.id).end().appendTo(list);
    });
    uploader.on('uploadProgress', function (file, part) { $('#' + file.id + ' .progress-text').text(Math.round(part * 100) + '%'); });
    uploader.on('uploadSuccess', function (file, answer) {
      var item = $('#' + file.id), guid = answer && answer.data && answer.data.fileGuid;
      if (!answer || answer.code !== '0000') {
        item.remove();
        uploader.removeFile(file, true);
        return epoint.alert(answer ? answer.msg : '上传出错!');
      }
      // Without its number it is not stored, whatever the bar says.
      if (!guid) return;
      item.addClass('success').find('.mini-uploader-progressbar').remove().end().find('.mini-uploader-remove').attr('fileGuid', guid);
      count();
    });
    uploader.on('uploadError', function (file, reason) {
      if (reason === 'http-401' || reason === 'http') $.get('/page/files').fail(function (xhr) { if (xhr.status === 401) epoint.expired(); });
      $('#' + file.id + ' .progress-text').text('');
      $('#' + file.id + ' .mini-uploader-error').text('上传出错!').append($('<a class="mini-uploader-retry" href="javascript:void(0)">重试</a>').on('click', function () { $(this).parent().empty(); uploader.retry(file); }));
    });
    row.find('[data-name=start]').on('click', function () { uploader.upload(); });
    list.on('click', '.mini-uploader-remove', function () {
      var item = $(this).closest('.mini-uploader-item'), guid = $(this).attr('fileGuid'), id = $(this).attr('fileId');
      function gone() {
        if (uploader.getFile(id)) uploader.removeFile(id, true);
        item.remove();
        count();
      }
      if (!guid) return gone();
      epoint.confirm('确定删除该电子件？', function () {
        epoint.call('fileAction/remove', {}, function (answer) { if (answer.code === '0000') gone(); else epoint.alert(answer.msg); }, null, { fileGuid: guid });
      });
    });
  });
  $('[data-name=done]').on('click', function () {
    if ($('.mini-uploader-item').not('.success').length) return epoint.alert('还有电子件没有上传完成，请上传或删除后再关闭');
    epoint.closeDialog();
  });
});
