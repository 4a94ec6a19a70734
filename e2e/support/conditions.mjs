// Waiting for what is to come, never for time to pass.

export const PATIENCE = 30_000;
const LOOK_AGAIN = 40;

/** Calls `look` until it neither throws nor answers `false`; then answers what it did. */
export async function eventually(look, what = 'what was awaited', patience = PATIENCE) {
  const until = performance.now() + patience;
  for (;;) {
    let trouble;
    try {
      const seen = await look();
      if (seen !== false) return seen;
    } catch (error) {
      trouble = error;
    }
    if (performance.now() > until) {
      throw new Error(`in vain: ${what}${trouble ? `\n${trouble.message}` : ''}`, { cause: trouble });
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN));
  }
}
