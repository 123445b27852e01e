/** Does nothing: what the firmware's modules take by themselves. */
export default function main(): void {}
