import type { Reporter, TestModule, TestRunEndReason } from 'vitest/node'
import { writeFileSync } from 'node:fs'

/**
 * For .ci/run: writes `N passed, N failed[, N skipped]` to the file named by CI_COUNTS, and prints the names of the
 * failed tests once more, a line each, where the end of a long output shows them all.
 * Whatever kept tests from running (a file that does not load, an unhandled error, an interrupted run) counts as failed.
 */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[], reason: TestRunEndReason): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        count[state]++
        if (state === 'failed') console.log(`failed: ${module.relativeModuleId} > ${test.fullName}`)
      }
      if (module.errors().length > 0) count.failed++
      for (const suite of module.children.allSuites()) count.failed += suite.errors().length > 0 ? 1 : 0
    }
    const failed = count.failed + count.pending + errors.length
    const broken = reason !== 'passed' && failed === 0 ? 1 : 0
    const counts = `${count.passed} passed, ${failed + broken} failed`
    const file = process.env['CI_COUNTS']
    if (file) writeFileSync(file, count.skipped > 0 ? `${counts}, ${count.skipped} skipped` : counts)
  }
}
