using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;

namespace SolidCache.Postgres.IntegrationTests.EntityFrameworkCore;

/// <summary>One of each: an owned entity, in the same table and in one of its own, a many-to-many relationship, and both sorts of inheritance.</summary>
internal sealed class ShopContext(DbContextOptions<ShopContext> options) : DbContext(options)
{
    public DbSet<User> Users => Set<User>();

    public DbSet<Role> Roles => Set<Role>();

    public DbSet<Product> Products => Set<Product>();

    public DbSet<Vehicle> Vehicles => Set<Vehicle>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<User>(user =>
        {
            user.ToTable("users").HasIndex(entity => entity.Email).IsUnique();
            user.OwnsOne(entity => entity.Address, address => address.OwnsOne(part => part.Country));
            user.OwnsMany(entity => entity.Phones);
            user.ComplexProperty(entity => entity.Settings);
            user.HasMany(entity => entity.Roles).WithMany(role => role.Users);
            user.Property(entity => entity.Version).IsConcurrencyToken();
        });
        modelBuilder.Entity<Book>().HasBaseType<Product>();
        modelBuilder.Entity<Vehicle>().UseTptMappingStrategy();
        modelBuilder.Entity<Car>();
        modelBuilder.Entity<User>().HasMany(entity => entity.Groups).WithMany().UsingEntity<Membership>(
            right => right.HasOne<Group>().WithMany().HasForeignKey(row => row.GroupId),
            left => left.HasOne<User>().WithMany().HasForeignKey(row => row.UserId),
            row => row.HasKey(entity => entity.Id));
        modelBuilder.Entity<Parcel>(parcel =>
        {
            parcel.Property(entity => entity.Id).HasConversion(
                id => id.Value, value => new(value), new ValueComparer<ParcelId>((one, other) => one!.Value == other!.Value, id => id.Value.GetHashCode()));
            parcel.OwnsMany(entity => entity.Stops);
            parcel.OwnsOne(entity => entity.Sender);
        });
        modelBuilder.Entity<Order>().HasOne<User>().WithMany().OnDelete(DeleteBehavior.Cascade);
    }
}

internal sealed class User
{
    public long Id { get; set; }

    public string Name { get; set; } = "Ada";

    public string Email { get; set; } = $"{Guid.NewGuid():N}";

    public int Version { get; set; }

    public Address? Address { get; set; }

    public Settings Settings { get; set; } = new();

    public List<Phone> Phones { get; set; } = [];

    public List<Role> Roles { get; set; } = [];

    public List<Group> Groups { get; set; } = [];
}

internal sealed class Group
{
    public long Id { get; set; }
}

/// <summary>Joins, with a key of its own: it can be given to another user.</summary>
internal sealed class Membership
{
    public long Id { get; set; }

    public long? UserId { get; set; }

    public long GroupId { get; set; }
}

/// <summary>Its key has a type that does not say when two of it are equal.</summary>
internal sealed class Parcel
{
    public ParcelId Id { get; set; } = new(Guid.NewGuid());

    public Phone? Sender { get; set; }

    public List<Phone> Stops { get; set; } = [];
}

internal sealed class ParcelId(Guid value)
{
    public Guid Value => value;
}

internal sealed class Address
{
    public string City { get; set; } = "";

    public Country? Country { get; set; }
}

internal sealed class Country
{
    public string Code { get; set; } = "";
}

internal sealed class Settings
{
    public string Theme { get; set; } = "light";
}

internal sealed class Phone
{
    public string Number { get; set; } = "";
}

internal sealed class Role
{
    public long Id { get; set; }

    public string Name { get; set; } = "admin";

    public List<User> Users { get; set; } = [];
}

internal sealed class Order
{
    public long Id { get; set; }

    public long UserId { get; set; }
}

/// <summary>With what derives from it in one table.</summary>
internal class Product
{
    public long Id { get; set; }

    public long CategoryId { get; set; }
}

internal sealed class Book : Product
{
    public string Title { get; set; } = "";
}

/// <summary>With a table for each type.</summary>
internal class Vehicle
{
    public long Id { get; set; }
}

internal sealed class Car : Vehicle
{
    public int Doors { get; set; }
}
