/** Light or dark: as the system says, until the user chooses. */

const NAME = 'theme';

export function startTheme(): void {
  const chosen = localStorage.getItem(NAME);
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset['theme'] = chosen;
}

export function nextTheme(): void {
  const { dataset } = document.documentElement;
  const isDark =
    dataset['theme'] === 'dark' ||
    (dataset['theme'] === undefined && matchMedia('(prefers-color-scheme: dark)').matches);
  dataset['theme'] = isDark ? 'light' : 'dark';
  localStorage.setItem(NAME, dataset['theme']);
}
