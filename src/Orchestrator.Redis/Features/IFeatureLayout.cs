using Orchestrator.Core.Features;
using StackExchange.Redis;

namespace Orchestrator.Redis.Features;

/// <summary>How records lie in Redis: a hash for each, whose key and fields a layout names.</summary>
internal interface IFeatureLayout
{
    /// <summary>The hash of an entity.</summary>
    RedisKey KeyOf(in FeatureQuery query);

    /// <summary>The fields that are read: one per feature, in order, then the record's time.</summary>
    RedisValue[] FieldsOf(FeatureView view);

    /// <summary>What the values of these fields say.</summary>
    FeatureRecord Read(FeatureView view, RedisValue[] values);
}
