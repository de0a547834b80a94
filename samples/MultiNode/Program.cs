using MultiNode;

// One program for both parts: a node that serves articles, and a tour that starts three of them and watches what each remembers.
return args is ["tour", .. var rest]
    ? await Tour.RunAsync(rounds: rest is [var rounds] ? int.Parse(rounds, System.Globalization.CultureInfo.InvariantCulture) : 20)
    : await Node.RunAsync(args);
