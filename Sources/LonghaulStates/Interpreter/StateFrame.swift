/// A branch at one of its states, while the interpreter computes.
struct StateFrame {
    let id: Int
    let branch: Branch
    let state: State
    /// What `$` and `$states.input` stand for: the state's input, or what its `InputPath` selects.
    var input: StateValue
    /// The rule of a Choice state that matched.
    var rule: ChoiceState.Rule?
    /// What the item selector of a map runs for.
    var item: (index: Int, value: StateValue)?
    /// The token of the task that is about to start.
    var token: String?

    init(id: Int, branch: Branch, state: State) {
        self.id = id
        self.branch = branch
        self.state = state
        input = branch.input.value
    }

    var isJSONata: Bool { state.language == .jsonata }
}
