// The trainer's page: buttons and forms become calls; what is shown comes from the store.
(function () {
  var said = document.getElementById('said');
  function text(parent, tag, words) { var cell = document.createElement(tag); cell.textContent = words; parent.appendChild(cell); }
  function refresh() {
    return Promise.all([fetch('/store'), fetch('/locks')]).then(function (answers) {
      return Promise.all(answers.map(function (answer) { return answer.json(); }));
    }).then(function (both) {
      var store = both[0];
      document.querySelectorAll('[data-person]').forEach(function (row) {
        var id = row.dataset.person, bound = !!(store.applicants[id] || {}).bound, counts = store.per_applicant[id] || {};
        var cell = row.querySelector('.bound');
        cell.textContent = bound ? cell.dataset.yes : cell.dataset.no;
        cell.classList.toggle('yes', bound);
        row.querySelector('.counts').textContent = (counts.bind_requests || 0) + ' / ' + (counts.bind || 0);
      });
      var names = document.getElementById('counter-names'), values = document.getElementById('counter-values');
      names.textContent = values.textContent = '';
      Object.keys(store.counters).forEach(function (name) { text(names, 'th', name); text(values, 'td', store.counters[name]); });
      document.getElementById('locks').textContent = JSON.stringify(both[1]);
    });
  }
  function post(path, body) {
    return fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body || {}) })
      .then(function (answer) { return answer.json().then(function (json) { return { ok: answer.ok, json: json }; }); })
      .then(function (answer) {
        var error = answer.json.error;
        said.classList.toggle('wrong', !answer.ok);
        said.textContent = answer.ok ? '✓' : (error[document.documentElement.lang === 'en' ? 'en' : 'zh'] || JSON.stringify(error));
        if (answer.ok && path === '/seed') location.reload();
        return refresh();
      })
      .catch(function (error) { said.classList.add('wrong'); said.textContent = String(error); });
  }
  document.querySelectorAll('button[data-post]').forEach(function (button) {
    button.addEventListener('click', function () { post(button.dataset.post, JSON.parse(button.dataset.body || '{}')); });
  });
  document.querySelectorAll('select[data-post]').forEach(function (select) {
    select.addEventListener('change', function () { post(select.dataset.post, { mode: select.value }); });
  });
  document.querySelectorAll('form[data-post]').forEach(function (form) {
    form.addEventListener('submit', function (event) {
      event.preventDefault();
      var body = {};
      Array.prototype.forEach.call(form.elements, function (field) {
        if (!field.name) return;
        if (field.type === 'checkbox') body[field.name] = field.checked;
        else if (field.type === 'number') body[field.name] = field.value === '' ? null : Number(field.value);
        else body[field.name] = field.value;
      });
      post(form.dataset.post, body);
    });
  });
  refresh();
})();
