/** The SDK's `timer`, as far as it is used. */
export default Object.freeze({
  set: host.setTimer,
  clear: host.clearTimer,
});
