using System.ComponentModel;

namespace MultiNode;

/// <summary>What is cached. Nobody can change it, so that all readers of a process share one.</summary>
[ImmutableObject(true)]
internal sealed record Article(int Id, string Title);
