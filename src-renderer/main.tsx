import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { Desk } from './desk/desk.tsx';
import { connectStore } from './store/store.ts';
import './styles.css';

const root = document.getElementById('root');
if (root === null) throw new Error('The page has no root element.');
const asked = new URLSearchParams(location.search);
const isDesk = asked.get('view') === 'desk';
document.title = isDesk ? 'Sender desk' : 'Push Terminal';
void connectStore(asked.get('terminal'));
createRoot(root).render(
  <StrictMode>{isDesk ? <Desk guided={asked.get('guide') === 'gruu'} /> : <App />}</StrictMode>,
);
