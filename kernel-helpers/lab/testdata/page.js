// What the browser tests ask of a JupyterLab page, as window.speedup.
// JupyterLab must run with LabApp.expose_app_in_browser. The notebook's model
// is asked rather than its nodes: JupyterLab may keep cells out of the page.
(() => {
  const app = window.jupyterapp;
  const saving = new Set(); // paths of notebooks

  const panel = path => {
    for (const widget of app.shell.widgets('main')) {
      if (widget.context?.path === path && widget.content?.widgets) return widget;
    }
    return null;
  };

  const output = o => ({
    kind: o.output_type,
    text: o.output_type === 'error' ? `${o.ename}: ${o.evalue}` :
      [o.text ?? o.data?.['text/plain'] ?? ''].flat().join(''),
    html: [o.data?.['text/html'] ?? ''].flat().join(''),
    types: Object.keys(o.data ?? {}),
  });

  const cell = c => ({
    kind: c.model.type,
    source: c.model.sharedModel.getSource(),
    tags: c.model.getMetadata('tags') ?? [],
    count: c.model.executionCount ?? 0,
    running: c.model.executionState === 'running',
    trusted: c.model.trusted,
    outputs: (c.model.outputs?.toJSON() ?? []).map(output),
  });

  const cells = path => panel(path).content.widgets.map(cell);
  const toRun = (path, end) => cells(path).slice(0, end).filter(c => c.kind === 'code' && c.source.trim() !== '');
  const failed = c => c.outputs.some(o => o.kind === 'error') && !c.tags.includes('raises-exception');
  const status = path => panel(path)?.sessionContext.session?.kernel?.status ?? 'none';

  // JupyterLab shows the HTML of an output where there is some, else a picture.
  const picturesIn = o => o.html !== '' ?
    new DOMParser().parseFromString(o.html, 'text/html').images.length :
    Number(o.types.some(type => type.startsWith('image/')));

  window.speedup = {
    cells,

    async open(path) {
      const widget = await app.commands.execute('docmanager:open', { path, factory: 'Notebook' });
      await widget.context.ready;
      await widget.sessionContext.ready;
      app.shell.activateById(widget.id);
      // The kernel's status says 'unknown' until a first request other than this one.
      await widget.sessionContext.session.kernel.info;
      widget.answered = true;
    },
    ready: path => panel(path)?.isVisible && panel(path).answered,

    async runAll(path) {
      const widget = panel(path);
      await app.commands.execute('notebook:clear-all-cell-outputs');
      widget.ran = false;
      app.commands.execute('notebook:run-all-cells').finally(() => { widget.ran = true; });
    },
    // All cells before cell i, which becomes the active one.
    async runAbove(path, i) {
      const widget = panel(path);
      await app.commands.execute('notebook:clear-all-cell-outputs');
      await window.speedup.select(path, i);
      widget.ran = false;
      app.commands.execute('notebook:run-all-above').finally(() => { widget.ran = true; });
    },
    // JupyterLab's command is over at the first error, also at one that its cell
    // announces: the cells after that one still run, unlike those after another.
    ran: (path, end) => panel(path).ran && (window.speedup.finished(path, end) ||
      (window.speedup.idle(path) && toRun(path, end).some(failed))),
    idle: path => status(path) === 'idle' && toRun(path).every(c => !c.running),
    finished: (path, end) => window.speedup.idle(path) && toRun(path, end).every(c => c.count > 0),

    select(path, i) {
      const notebook = panel(path).content;
      notebook.activeCellIndex = i;
      notebook.mode = 'command';
      return notebook.scrollToItem(i);
    },
    // The number of the cell with a grade_id of nbgrader's.
    named: (path, id) => panel(path).content.widgets.findIndex(c => c.model.getMetadata('nbgrader')?.grade_id === id),
    text: (path, i) => cells(path)[i].outputs.map(o => o.text).join(''),

    // What a reader copies who marks all that cell i has put out, and the
    // links in it.
    copied(path, i) {
      const selection = window.getSelection();
      selection.selectAllChildren(panel(path).content.widgets[i].node.querySelector('.jp-OutputArea'));
      return selection.toString();
    },
    links: (path, i) => [...panel(path).content.widgets[i].node.querySelectorAll('.jp-OutputArea a[href]')]
      .map(a => ({ text: a.textContent, address: a.href })),

    async save(path) {
      saving.add(path);
      await panel(path).context.save();
      saving.delete(path);
    },
    saved: path => !saving.has(path) && !panel(path).context.model.dirty,
    close: path => panel(path).close(),
    closed: path => panel(path) === null,

    pictures(path) {
      const content = panel(path).content;
      const nodes = [...content.node.querySelectorAll('.jp-OutputArea-output img, .jp-MarkdownOutput img')];
      return {
        inOutputs: cells(path).flatMap(c => c.outputs).reduce((n, o) => n + picturesIn(o), 0),
        shownInOutputs: nodes.filter(img => img.closest('.jp-Cell-outputArea')).length,
        shown: nodes.map(img => ({
          cell: content.widgets.findIndex(c => c.node.contains(img)),
          alt: img.alt,
          source: img.src.slice(0, 60),
          loading: !img.complete,
          width: img.naturalWidth,
          visible: img.checkVisibility(),
        })),
      };
    },
    picturesLoaded(path) {
      const p = window.speedup.pictures(path);
      return p.shownInOutputs === p.inOutputs && p.shown.every(img => !img.loading);
    },

    // The <details> in the outputs: in the notebook's file, on the page, and open.
    folded(path) {
      const nodes = [...panel(path).content.node.querySelectorAll('.jp-OutputArea-output details')];
      const saved = cells(path).flatMap(c => c.outputs).filter(o => o.html.includes('<details>')).length;
      return { saved, shown: nodes.length, open: nodes.filter(d => d.open).length };
    },

    // The whole addresses of the pictures that cell i has put out.
    sources: (path, i) => [...panel(path).content.widgets[i].node.querySelectorAll('.jp-OutputArea-output img')]
      .map(img => img.src),

    // How much higher the page must be to show the notebook in front from its
    // first to its last cell.
    hidden() {
      const content = app.shell.currentWidget?.content;
      const list = content?.node.querySelector('.jp-WindowedPanel-outer');
      if (!list || content.widgets.length === 0) return 0;
      list.scrollTop = 0;
      const last = content.widgets.at(-1).node.getBoundingClientRect();
      const below = last.height > 0 // else the cell is not rendered yet
        ? last.bottom - list.getBoundingClientRect().bottom
        : Math.max(list.scrollHeight - list.clientHeight, 1);
      return Math.max(0, Math.ceil(below));
    },

    // One line about the page for failure messages.
    describe(path) {
      const dialogs = [...document.querySelectorAll('.jp-Dialog-content')].map(d => d.innerText.trim());
      const asks = dialogs.length ? `; a dialog asks: ${dialogs.join(' | ')}` : '';
      if (!panel(path)) return `${path} is not open${asks}`;
      const all = toRun(path);
      const next = all.findIndex(c => c.running || c.count === 0);
      const body = source => source.replace(/^[^]*?^%%.*\n/m, '').trim().split('\n')[0];
      const at = next < 0 ? '' : `; at code cell ${next + 1}: ${body(all[next].source)}`;
      return `kernel ${status(path)}; ${all.filter(c => c.count > 0).length} of ${all.length} cells run${at}${asks}`;
    },
  };
})();
