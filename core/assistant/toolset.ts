import type { Tool, ToolCall } from '#contract'

/** Tools that System may use for one answer. */
export interface Toolset {
  /** May grow from one round to the next. */
  readonly offered: readonly Tool[]
  /** Whether a call of this name is for it; it may know more than it offers. */
  knows(name: string): boolean
  /** Runs a call; what comes back is JSON for the model. Never throws: what went wrong is told to the model. */
  run(call: ToolCall): Promise<string>
}

/** Several as one. */
export const together = (sets: readonly Toolset[]): Toolset => ({
  get offered() {
    return sets.flatMap(({ offered }) => offered)
  },
  knows: (name) => sets.some((set) => set.knows(name)),
  async run(call) {
    const { name } = call.function
    const its = sets.find((set) => set.knows(name))
    if (its) return its.run(call)
    const names = sets.flatMap(({ offered }) => offered).map((tool) => tool.function.name)
    return JSON.stringify({ error: `there is no tool "${name}"; there are ${names.join(', ')}` })
  },
})
