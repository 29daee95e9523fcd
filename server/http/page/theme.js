// theme - light or dark: as the system has it, unless the button says otherwise. Runs before the page is drawn,
// so it is no module.
(() => {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const root = document.documentElement;

  const stored = () => {
    try {
      return localStorage.getItem('theme');
    } catch {
      return null; // storage may be forbidden
    }
  };
  const store = (theme) => {
    try {
      if (theme) localStorage.setItem('theme', theme);
      else localStorage.removeItem('theme');
    } catch { /* then it lasts as long as the page */ }
  };
  const isDark = () => (root.dataset.theme ? root.dataset.theme === 'dark' : system.matches);

  const apply = (theme) => {
    if (theme === 'dark' || theme === 'light') root.dataset.theme = theme;
    else delete root.dataset.theme;
    document.getElementById('theme')?.setAttribute('aria-pressed', String(isDark()));
  };

  apply(stored());
  system.addEventListener('change', () => apply(root.dataset.theme));
  document.addEventListener('DOMContentLoaded', () => {
    apply(root.dataset.theme);
    document.getElementById('theme').addEventListener('click', () => {
      const dark = !isDark();
      // Back to what the system has means to follow the system again.
      const theme = dark === system.matches ? null : dark ? 'dark' : 'light';
      store(theme);
      apply(theme);
    });
  });
})();
