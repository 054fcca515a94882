/** The `n`th largest of the values, counting from 1, in linear time (Hoare's selection). Reorders them. */
export function nthLargest(values: Float32Array | Float64Array, n: number): number {
  let [low, high] = [0, values.length - 1]
  const wanted = n - 1
  while (low < high) {
    const pivot = values[(low + high) >>> 1]!
    let [left, right] = [low, high]
    while (left <= right) {
      while (values[left]! > pivot) left++
      while (values[right]! < pivot) right--
      if (left > right) break
      const held = values[left]!
      values[left++] = values[right]!
      values[right--] = held
    }
    if (wanted <= right) high = right
    else if (wanted >= left) low = left
    else break
  }
  return values[wanted]!
}
