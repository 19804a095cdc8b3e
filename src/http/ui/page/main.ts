/** Starts the page. */
import { html } from 'htm/preact';
import { render } from 'preact';
import { App } from './app.ts';
import { Live } from './data/live.ts';
import { startTheme } from './theme.ts';

startTheme();
const live = new Live();
live.connect();
const root = document.getElementById('page');
if (root) render(html`<${App} live=${live} />`, root);
