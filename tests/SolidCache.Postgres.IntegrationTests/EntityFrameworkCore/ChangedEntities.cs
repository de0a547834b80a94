using Microsoft.EntityFrameworkCore;

namespace SolidCache.Postgres.IntegrationTests.EntityFrameworkCore;

/// <summary>Which changes of which entities remove what.</summary>
[TestFixture(true)]
[TestFixture(false)]
public sealed class ChangedEntities(bool isAsync) : ShopFixture(isAsync)
{
    [Test]
    public async Task A_changed_entity_removes_its_own_key_and_no_other()
    {
        await using var context = NewContext(UserProfiles);
        var user = await StoredUserAsync(context);
        await CacheAsync($"user_profile:{user.Id}", "user_profile:0", "else");

        user.Name = "Grace";
        await SaveAsync(context);

        Assert.That(await RemovedAsync(), Is.EqualTo((string[])[$"user_profile:{user.Id}"]));
    }

    [Test]
    public async Task An_added_entity_removes_the_key_of_the_identity_that_the_database_gave_it()
    {
        await using var context = NewContext(UserProfiles);
        var next = (await StoredUserAsync(context)).Id + 1;
        await CacheAsync($"user_profile:{next}", "user_profile:0");       // "there is no such user" can be cached

        context.Users.Add(new());
        await SaveAsync(context);

        Assert.That(await RemovedAsync(), Is.EqualTo((string[])[$"user_profile:{next}"]));
    }

    [Test]
    public async Task A_deleted_entity_removes_its_key()
    {
        await using var context = NewContext(UserProfiles);
        var user = await StoredUserAsync(context);
        await CacheAsync($"user_profile:{user.Id}");

        context.Users.Remove(user);
        await SaveAsync(context);

        Assert.That(await RemovedAsync(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_value_in_a_key_removes_the_key_of_before_and_that_of_after()
    {
        await using var context = NewContext(cache => cache.On<User>(user => $"user_by_email:{user.Email}"));
        var user = await StoredUserAsync(context);
        var (before, after) = (user.Email, $"{Guid.NewGuid():N}");
        await CacheAsync($"user_by_email:{before}", $"user_by_email:{after}");

        user.Email = after;
        await SaveAsync(context);

        Assert.That(await RemovedAsync(), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Several_rules_of_one_entity_remove_in_one_statement_and_null_removes_nothing()
    {
        await using var context = NewContext(cache => cache
            .On<User>(user => $"user_profile:{user.Id}")
            .On<User>(user => $"user_name:{user.Id}")
            .On<User>(_ => null));
        var user = await StoredUserAsync(context);
        await CacheAsync($"user_profile:{user.Id}", $"user_name:{user.Id}");

        user.Name = "Grace";
        await SaveAsync(context);

        Assert.That(await RemovedAsync(), Has.Count.EqualTo(2));
        Assert.That(RemovingStatements, Is.EqualTo(1));
    }

    [Test]
    public async Task A_tag_removes_all_that_have_it()
    {
        await using var context = NewContext(cache => cache.TagOn<Product>(product => $"category:{product.CategoryId}"));
        var product = new Product { CategoryId = 1 };
        context.Add(product);
        await SaveAsync(context);
        await CacheTaggedAsync("page:1", "category:1");
        await CacheTaggedAsync("page:2", "category:2");
        await CacheTaggedAsync("page:3", "category:3");

        product.CategoryId = 2;
        await SaveAsync(context);

        Assert.That(await RemovedAsync(), Is.EqualTo((string[])["page:1", "page:2"]));
    }

    [Test]
    public async Task A_derived_entity_counts_as_what_it_derives_from_in_one_table_and_in_several()
    {
        await using var context = NewContext(cache => cache
            .On<Product>(product => $"product:{product.Id}")
            .On<Book>(book => $"title:{book.Title}")
            .On<Vehicle>(vehicle => $"vehicle:{vehicle.Id}"));
        var (book, car) = (new Book { Title = "A" }, new Car());
        context.AddRange(book, car);
        await SaveAsync(context);
        await CacheAsync($"product:{book.Id}", "title:A", "title:B", $"vehicle:{car.Id}");

        (book.Title, car.Doors) = ("B", 5);
        await SaveAsync(context);

        Assert.That(await RemovedAsync(), Has.Count.EqualTo(4));
    }

    [Test]
    public async Task A_complex_property_is_one_of_the_entitys_own()
    {
        await using var context = NewContext(cache => cache.On<User>(user => $"theme:{user.Id}:{user.Settings.Theme}"));
        var user = await StoredUserAsync(context);
        await CacheAsync($"theme:{user.Id}:light", $"theme:{user.Id}:dark");

        user.Settings.Theme = "dark";
        await SaveAsync(context);

        Assert.That(await RemovedAsync(), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task What_an_entity_owns_is_a_part_of_it()
    {
        await using var context = NewContext(UserProfiles);
        var user = await StoredUserAsync(context, user => user.Address = new() { City = "Rome", Country = new() { Code = "it" } });

        await CacheAsync($"user_profile:{user.Id}");
        user.Address!.City = "Oslo";
        await SaveAsync(context);
        Assert.That(await RemovedAsync(), Has.Count.EqualTo(1), "changed");

        await CacheAsync($"user_profile:{user.Id}");
        user.Address!.Country!.Code = "no";
        await SaveAsync(context);
        Assert.That(await RemovedAsync(), Is.Not.Empty, "owned by what is owned");

        await CacheAsync($"user_profile:{user.Id}");
        user.Phones.Add(new() { Number = "1" });
        await SaveAsync(context);
        Assert.That(await RemovedAsync(), Is.Not.Empty, "in a table of its own");

        await CacheAsync($"user_profile:{user.Id}");
        user.Phones.Clear();
        await SaveAsync(context);
        Assert.That(await RemovedAsync(), Is.Not.Empty, "deleted there");

        await CacheAsync($"user_profile:{user.Id}");
        user.Address = null;
        await SaveAsync(context);
        Assert.That(await RemovedAsync(), Is.Not.Empty, "deleted");
    }

    [Test]
    public async Task A_key_can_be_made_of_what_an_entity_owns()
    {
        await using var context = NewContext(cache => cache.On<User>(user => $"city:{user.Address?.City}:{user.Address?.Country?.Code}"));
        var user = await StoredUserAsync(context, user => user.Address = new() { City = "Rome", Country = new() { Code = "it" } });
        await CacheAsync("city:Rome:it", "city:Oslo:it", "city:Bergen:no", "city::");

        user.Address!.City = "Oslo";
        await SaveAsync(context);
        Assert.That(await RemovedAsync(), Is.EqualTo((string[])["city:Rome:it", "city:Oslo:it"]), "changed");

        user.Address = new() { City = "Bergen", Country = new() { Code = "no" } };
        await SaveAsync(context);
        Assert.That(await RemovedAsync(), Has.Count.EqualTo(3), "replaced");

        await CacheAsync("city:Bergen:no");
        user.Address = null;
        await SaveAsync(context);
        Assert.That(await RemovedAsync(), Has.Count.EqualTo(5), "deleted");
    }

    [Test]
    public async Task A_row_that_joins_two_entities_counts_as_a_change_of_both()
    {
        await using var context = NewContext(cache => cache.On<User>(user => $"user_profile:{user.Id}").On<Role>(role => $"role:{role.Id}"));
        var user = await StoredUserAsync(context, user => user.Roles.Add(new()));
        var role = user.Roles[0];
        await CacheAsync($"user_profile:{user.Id}", $"role:{role.Id}");

        user.Roles.Clear();
        await SaveAsync(context);
        Assert.That(await RemovedAsync(), Has.Count.EqualTo(2), "removed");

        await CacheAsync($"user_profile:{user.Id}", $"role:{role.Id}");
        user.Roles.Add(role);
        await SaveAsync(context);
        Assert.That(await RemovedAsync(), Has.Count.EqualTo(4), "added");
    }

    [Test]
    public async Task A_joining_row_that_is_given_to_another_entity_counts_as_a_change_of_both()
    {
        await using var context = NewContext(cache => cache.On<User>(user => $"user_profile:{user.Id}"));
        var (one, other) = (await StoredUserAsync(context, user => user.Groups.Add(new())), await StoredUserAsync(context));
        var membership = context.Set<Membership>().Local.Single();
        await CacheAsync($"user_profile:{one.Id}", $"user_profile:{other.Id}");

        membership.UserId = other.Id;
        await SaveAsync(context);
        Assert.That(await RemovedAsync(), Has.Count.EqualTo(2));

        await CacheAsync($"user_profile:{other.Id}");
        membership.UserId = null;
        await SaveAsync(context);
        Assert.That(await RemovedAsync(), Has.Count.EqualTo(3), "given to nobody");
    }

    [Test]
    public async Task A_key_of_a_type_that_does_not_compare_itself_is_compared_as_the_model_says()
    {
        await using var context = NewContext(cache => cache.On<Parcel>(parcel => $"parcel:{parcel.Id.Value}:{parcel.Sender?.Number}"));
        var id = Guid.NewGuid();
        context.Add(new Parcel { Id = new(id), Sender = new() { Number = "0" }, Stops = [new() { Number = "1" }] });
        await SaveAsync(context);
        context.ChangeTracker.Clear();
        await CacheAsync($"parcel:{id}:0");
        var parcel = (await context.Set<Parcel>().ToListAsync()).Single(parcel => parcel.Id.Value == id);

        parcel.Stops[0].Number = "2";
        await SaveAsync(context);

        Assert.That(await RemovedAsync(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_joining_row_of_an_entity_that_is_not_loaded_is_an_error_that_says_what_to_do()
    {
        await using var context = NewContext(UserProfiles);
        var user = await StoredUserAsync(context);
        var role = new Role();
        context.Add(role);
        await SaveAsync(context);
        context.ChangeTracker.Clear();

        context.Set<Dictionary<string, object>>("RoleUser").Add(new() { ["UsersId"] = user.Id, ["RolesId"] = role.Id });

        Assert.That(
            async () => await SaveAsync(context),
            Throws.TypeOf<DbUpdateException>().With.InnerException.Message.Contains("changes whose User the context does not track").And.InnerException.Message.Contains("On(\"RoleUser\", ..)"));
    }

    [Test]
    public async Task A_joining_row_can_have_a_rule_of_its_own()
    {
        await using var context = NewContext(cache => cache
            .On<User>(user => $"user_profile:{user.Id}")
            .On<Dictionary<string, object>>("RoleUser", row => $"user_profile:{row["UsersId"]}")
            .TagOn<Dictionary<string, object>>("RoleUser", row => $"role:{row["RolesId"]}"));
        var user = await StoredUserAsync(context, user => user.Roles.Add(new()));
        var roleId = user.Roles[0].Id;
        context.ChangeTracker.Clear();
        await CacheAsync($"user_profile:{user.Id}");
        await CacheTaggedAsync("admins", $"role:{roleId}");

        context.Set<Dictionary<string, object>>("RoleUser").Remove(new() { ["UsersId"] = user.Id, ["RolesId"] = roleId });
        await SaveAsync(context);

        Assert.That(await RemovedAsync(), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task What_is_deleted_along_by_the_context_is_a_change()
    {
        await using var context = NewContext(cache => cache.On<Order>(order => $"order:{order.Id}"));
        context.ChangeTracker.CascadeDeleteTiming = Microsoft.EntityFrameworkCore.ChangeTracking.CascadeTiming.OnSaveChanges;
        var user = await StoredUserAsync(context);
        var order = new Order { UserId = user.Id };
        context.Add(order);
        await SaveAsync(context);
        await CacheAsync($"order:{order.Id}");

        context.Remove(user);
        await SaveAsync(context);

        Assert.That(await RemovedAsync(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_function_that_throws_fails_the_save_and_says_why()
    {
        await using var context = NewContext(cache => cache.On<User>(user => $"role:{user.Roles[0].Name}"));
        context.Users.Add(new() { Roles = [new()] });

        Assert.That(async () => await SaveAsync(context), Throws.InvalidOperationException.With.Message.Contains("a copy of the entity without navigations"));
        Assert.That(await Database.ScalarAsync<long>("SELECT count(*) FROM users WHERE \"Name\" = 'Nobody'"), Is.Zero);
    }

    [Test]
    public async Task ExecuteUpdate_and_ExecuteDelete_are_not_seen()
    {
        await using var context = NewContext(UserProfiles);
        var user = await StoredUserAsync(context);
        await CacheAsync($"user_profile:{user.Id}");

        await context.Users.Where(other => other.Id == user.Id).ExecuteUpdateAsync(set => set.SetProperty(other => other.Name, "Grace"));
        await context.Users.Where(other => other.Id == user.Id).ExecuteDeleteAsync();

        Assert.That(await RemovedAsync(), Is.Empty, "The page says so, and what to do.");
    }
}
