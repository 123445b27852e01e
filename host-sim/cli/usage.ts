/** What a person typed is wrong: one line that names it and what would be right. Ends the program with exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}
