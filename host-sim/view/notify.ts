/** Notifications of the system, where the person allows them. */
import { signal } from "@preact/signals";
import type { Alert } from "./node-model.js";
import { numberInWords } from "./words.js";

/** `impossible`: the browser has none for this page. */
export const permission = signal<NotificationPermission | "impossible">(
  typeof Notification === "undefined" || !isSecureContext ? "impossible" : Notification.permission,
);

/** Asks the person; browsers let a page do so only when a button was pushed. */
export async function askPermission(): Promise<void> {
  permission.value = await Notification.requestPermission();
}

export function notify(node: string, name: string, { value }: Alert): void {
  if (permission.peek() !== "granted") return;
  const body = value === undefined ? "is raised" : `is raised at ${numberInWords(value)}`;
  try {
    new Notification(`${node}: ${name}`, { body, tag: `${node}/${name}` });
  } catch {
    // Chrome on Android has them for service workers only.
    permission.value = "impossible";
  }
}
