import type { CardView } from '../cards/view.js';
import type { OwnSights, PageAnswer, SiteMessage } from '../background/messages.js';

/** What the content scripts share; each file adds its part. */
export interface Genjin {
  worker: {
    ask(message: SiteMessage): Promise<any>;
    alive(): boolean;
    onTold(told: (type: 'open-card' | 'look-again') => void): void;
  };
  /** cards/customer.js */
  drawCard(view: CardView, into: Element | ShadowRoot): HTMLElement;
  /** sites/collect.js */
  collect(document: Document, pause: () => Promise<void>): Promise<OwnSights>;
  /** sites/mark.js */
  createMark(): Mark;
}

export interface Mark {
  show(found: PageAnswer): void;
  open(): void;
  remove(): void;
  /** Our own element, which the watcher must not take for a change of the page. */
  readonly element: HTMLElement | null;
}

declare global {
  var genjin: Genjin;
}
