/** The page of the inspector, in the browser. */
import { html } from 'htm/preact';
import { render } from 'preact';

const place = document.getElementById('page');
if (place) render(html`<h1>Gemini for Claude Code</h1>`, place);
