import { useFocusReturn } from '../components/focus.ts';
import { Modal } from '../components/modal.tsx';
import { Button } from '../components/ui.tsx';
import { call } from '../store/store.ts';

type RemoveProps = { readonly name: string; readonly label: string; readonly close: () => void };

/** Asks before a profile and its secrets are gone for good. */
export function RemoveQuestion({ name, label, close }: RemoveProps) {
  useFocusReturn();
  return (
    <Modal title={`Remove ${label}?`} close={close}>
      <p className="text-muted">
        It leaves the core, and its profile with its secrets is forgotten; export it first to keep it. What it
        received stays.
      </p>
      <div className="mt-4 flex justify-end gap-2">
        <Button onClick={close}>Cancel</Button>
        <Button
          look="danger"
          onClick={() => {
            close();
            void call('terminal.remove', { terminal: name });
          }}
        >
          Remove
        </Button>
      </div>
    </Modal>
  );
}
