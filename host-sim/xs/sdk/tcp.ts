/** ECMA-419's TCP, as the SDK has it. */
export default host.TCP;
