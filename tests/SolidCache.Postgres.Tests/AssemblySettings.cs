// A test finds its fixture as its field initializers made it, and not as another test left it.
[assembly: FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
