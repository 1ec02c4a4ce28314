import { useFocusReturn } from '../components/focus.ts';
import { Modal } from '../components/modal.tsx';
import { SHORTCUTS } from './list-keys.ts';

/** The keys of the inbox. */
export function ShortcutsDialog({ close }: { readonly close: () => void }) {
  useFocusReturn();
  return (
    <Modal title="Keyboard shortcuts" close={close}>
      <table className="w-full">
        <tbody>
          {SHORTCUTS.map(([keys, what]) => (
            <tr key={keys} className="border-line border-b last:border-0">
              <th scope="row" className="py-1.5 pr-4 text-left align-top font-medium">
                <kbd className="mono">{keys}</kbd>
              </th>
              <td className="py-1.5 text-muted">{what}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Modal>
  );
}
