/// A first-in, first-out queue on an array: constant time, amortised.
package struct FIFO<Element> {
  private var elements: [Element?] = []
  private var head = 0

  /// An empty queue.
  package init() {}

  package var isEmpty: Bool { head == elements.count }
  package var count: Int { elements.count - head }
  package var first: Element? { isEmpty ? nil : elements[head] }

  /// Adds at the end.
  package mutating func append(_ element: Element) {
    elements.append(element)
  }

  /// Takes the first; `nil` when empty.
  @discardableResult
  package mutating func popFirst() -> Element? {
    guard !isEmpty else { return nil }
    let element = elements[head]
    elements[head] = nil
    head += 1
    if head == elements.count {
      elements.removeAll(keepingCapacity: head <= 1024)
      head = 0
    } else if head >= 1024, head * 2 >= elements.count {
      elements.removeFirst(head)
      head = 0
    }
    return element
  }
}
