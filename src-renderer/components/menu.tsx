import { Check } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import type { ReactNode } from 'react';

const ITEM =
  'flex items-center gap-2 rounded px-2 py-1 outline-none data-[disabled]:text-muted data-[highlighted]:bg-selected';

/** An entry of a menu. */
export function MenuItem(props: DropdownMenu.DropdownMenuItemProps) {
  return <DropdownMenu.Item className={ITEM} {...props} />;
}

type CheckProps = {
  readonly checked: boolean;
  readonly choose: (checked: boolean) => void;
  /** Whether the menu stays open for what comes next. */
  readonly stays?: boolean;
  readonly children: ReactNode;
};

/** An entry that is on or off. */
export function MenuCheck({ checked, choose, stays = false, children }: CheckProps) {
  return (
    <DropdownMenu.CheckboxItem
      className={ITEM}
      checked={checked}
      onCheckedChange={choose}
      onSelect={(event) => stays && event.preventDefault()}
    >
      <span className="flex w-3.5 shrink-0">{checked && <Check aria-hidden size={13} />}</span>
      {children}
    </DropdownMenu.CheckboxItem>
  );
}

export function MenuLine() {
  return <DropdownMenu.Separator className="my-1 h-px bg-line" />;
}

export function MenuHeading({ children }: { readonly children: ReactNode }) {
  return <DropdownMenu.Label className="heading px-2 py-1">{children}</DropdownMenu.Label>;
}
