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

  const seen = window.visualViewport;
  const fit = () => {
    const covered = seen.scale === 1 && innerHeight - seen.height > 80;
    if (!covered) {
      root.style.removeProperty('--seen');
      return;
    }
    root.style.setProperty('--seen', `${seen.height}px`);
    scrollTo(0, 0);
  };
  if (seen) seen.addEventListener('resize', fit);

  const say = chinese
    ? {
      title: 'Hubbub没有加载成功',
      slow: '加载时间太长了。请检查网络后重试，你写的内容不会丢失。',
      failed: '页面的一部分没有下载成功。请重试，你写的内容不会丢失。',
      old: '这个浏览器太旧了，无法运行Hubbub。请更新浏览器，或换用新版的Firefox、Chrome、Edge或Safari。',
      again: '重试',
      stopped: '页面停止了运行',
      lost: '请重新加载，你写的内容不会丢失。',
      reload: '重新加载',
    }
    : {
      title: 'Hubbub did not load',
      slow: 'It is taking too long. Check your connection and try again; nothing you wrote is lost.',
      failed: 'A part of the page did not arrive. Try again; nothing you wrote is lost.',
      old: 'This browser is too old for Hubbub. Update it, or use a current Firefox, Chrome, Edge or Safari.',
      again: 'Try again',
      stopped: 'This page has stopped working',
      lost: 'Load it again; nothing you wrote is lost.',
      reload: 'Reload',
    };

  try {
    if (sessionStorage.getItem('hubbub.way')) import('/doors/doors.js').catch(() => {});
  } catch {}

  let started = false;
  let told = false;
  const tell = (heading, words, press, details) => {
    if (told) return;
    told = true;
    const element = (name, text) => Object.assign(document.createElement(name), { textContent: text });
    const show = () => {
      const box = document.createElement('div');
      box.className = 'shell__say';
      box.setAttribute('role', 'alert');
      const again = Object.assign(element('button', press), { type: 'button', className: 'btn primary' });
      again.addEventListener('click', () => location.reload());
      box.append(element('h1', heading), element('p', words), again);
      if (details) box.append(element('small', details));
      const shell = document.getElementById('shell');
      (started || !shell ? document.body : shell).append(box);
      again.focus();
    };
    if (document.body) show();
    else document.addEventListener('DOMContentLoaded', show);
  };

  const able = typeof WebAssembly === 'object' && typeof HTMLDialogElement === 'function'
    && window.CSS && CSS.supports('color', 'light-dark(red, blue)') && CSS.supports('selector(:has(*))');
  if (!able) {
    tell(say.title, say.old, say.again);
    return;
  }

  const timer = setTimeout(() => tell(say.title, say.slow, say.again), 20_000);
  addEventListener('TrunkApplicationStarted', () => { started = true; clearTimeout(timer); });
  const failed = (details, error) => {
    if (!started) {
      clearTimeout(timer);
      tell(say.title, say.failed, say.again, details);
    } else if (error instanceof WebAssembly.RuntimeError) {
      tell(say.stopped, say.lost, say.reload);
    }
  };
  addEventListener('error', (event) => {
    const source = event.target && (event.target.src || event.target.href);
    if (!source) failed(event.message, event.error);
    else if (/\.(js|wasm)(\?|$)/.test(source)) failed(source);
  }, true);
  addEventListener('unhandledrejection', (event) => {
    failed(String((event.reason && event.reason.message) || event.reason), event.reason);
  });
})();
