// Runs before the first paint, and so before the program: sets the theme and language remembered in
// this browser, sketches the right shell, measures the scrollbar, and says so when loading fails.
(() => {
  'use strict';
  const root = document.documentElement;
  const remembered = (key) => {
    try { return localStorage.getItem(key); } catch { return null; }
  };

  const theme = remembered('hubbub.theme');
  if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;

  const wanted = [remembered('hubbub.language'), ...(navigator.languages || [])];
  const spoken = wanted.find((tag) => /^(en|zh)\b/i.test(tag || '')) || 'en';
  const chinese = /^zh/i.test(spoken);
  root.lang = chinese ? 'zh-Hans' : 'en';

  if (/^\/(login|register|join|reset)\b/.test(location.pathname) || !remembered('hubbub.known')) {
    root.dataset.shell = 'plain';
  }

  document.addEventListener('DOMContentLoaded', () => {
    const probe = document.createElement('div');
    probe.className = 'scroll';
    probe.style.cssText = 'position:absolute;visibility:hidden;inline-size:100px;block-size:100px;overflow-y:scroll';
    document.body.append(probe);
    root.style.setProperty('--sbw', `${probe.offsetWidth - probe.clientWidth}px`);
    probe.remove();
  });

  const say = chinese
    ? { title: 'Hubbub没有加载成功', slow: '加载时间太长了。请检查网络后重试，你写的内容不会丢失。', failed: '页面的一部分没有下载成功。请重试，你写的内容不会丢失。', old: '这个浏览器太旧了，无法运行Hubbub。请更新浏览器，或换用新版的Firefox、Chrome、Edge或Safari。', again: '重试' }
    : { title: 'Hubbub did not load', slow: 'It is taking too long. Check your connection and try again; nothing you wrote is lost.', failed: 'A part of the page did not arrive. Try again; nothing you wrote is lost.', old: 'This browser is too old for Hubbub. Update it, or use a current Firefox, Chrome, Edge or Safari.', again: 'Try again' };

  let started = false;
  let told = false;
  const tell = (words, details) => {
    if (started || told) return;
    told = true;
    const show = () => {
      const box = document.createElement('div');
      box.className = 'shell__say';
      box.setAttribute('role', 'alert');
      const title = document.createElement('h1');
      title.textContent = say.title;
      const text = document.createElement('p');
      text.textContent = words;
      const again = document.createElement('button');
      again.type = 'button';
      again.className = 'btn primary';
      again.textContent = say.again;
      again.addEventListener('click', () => location.reload());
      box.append(title, text, again);
      if (details) {
        const small = document.createElement('small');
        small.textContent = details;
        box.append(small);
      }
      (document.getElementById('shell') || document.body).append(box);
      again.focus();
    };
    if (document.body) show();
    else document.addEventListener('DOMContentLoaded', show);
  };

  // What the page is written with; a browser without it would show nonsense.
  const able = typeof WebAssembly === 'object' && typeof HTMLDialogElement === 'function'
    && window.CSS && CSS.supports('color', 'light-dark(red, blue)') && CSS.supports('selector(:has(*))');
  if (!able) {
    tell(say.old);
    return;
  }

  // The program's own module says when it runs; until then a failure of any of its parts is told.
  const timer = setTimeout(() => tell(say.slow), 20_000);
  const failed = (details) => { clearTimeout(timer); tell(say.failed, details); };
  addEventListener('TrunkApplicationStarted', () => { started = true; clearTimeout(timer); });
  addEventListener('error', (event) => {
    const source = event.target && (event.target.src || event.target.href);
    if (source && /\.(js|wasm)(\?|$)/.test(source)) failed(source);
    else if (event.message) failed(event.message);
  }, true);
  addEventListener('unhandledrejection', (event) => failed(String(event.reason && event.reason.message || event.reason)));
})();
