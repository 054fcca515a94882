import type { Subject } from './subject.ts'

/** One promise of a plugin. */
export interface Check {
  readonly id: string
  readonly title: string
  /** @throws Broken, Advice, Skipped; anything else is a mistake of the kit */
  run(subject: Subject): Promise<void>
}

/** The contract allows it, and it would be better otherwise. */
export class Advice extends Error {}

/** It cannot be checked here. */
export class Skipped extends Error {}
