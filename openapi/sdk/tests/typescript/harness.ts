// What the test programs of all TypeScript clients share: the environment, and how a check is reported.

function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

export const URL_ = variable('THAW_URL');
export const GROWN = variable('THAW_GROWN_URL');
export const A = variable('THAW_SYMPTOM_A');
export const B = variable('THAW_SYMPTOM_B');
export const TOTAL = Number(variable('THAW_TOTAL'));
export const TOPICS = Number(variable('THAW_TOPICS'));
export const FIRST = variable('THAW_FIRST');
export const LAST = variable('THAW_LAST');
export const MISSPELT = variable('THAW_MISSPELT');

export function expect(what: unknown, wanted: unknown): void {
  if (what !== wanted) throw new Error(`${JSON.stringify(what)} instead of ${JSON.stringify(wanted)}`);
}

export function ok(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`not so: ${what}`);
}

/** The value, known to be there. */
export function some<T>(value: T | null | undefined, what = 'a value'): T {
  if (value === null || value === undefined) throw new Error(`no ${what}`);
  return value;
}

export async function run(checks: Record<string, () => Promise<void>>): Promise<void> {
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check();
      console.log(`ok ${name}`);
    } catch (error) {
      process.exitCode = 1;
      console.log(`not ok ${name}: ${String(error).replaceAll('\n', ' ').slice(0, 300)}`);
    }
  }
}
