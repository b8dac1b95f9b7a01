#pragma once

#include "learned/model.hpp"

namespace linnet::learned {

/// Which channels of a network can only go together: a group is one channel of every field that additions, gates and
/// transfers tie, of all that compute it and all that read it. Channels of the inputs and of the output are in none.
struct ChannelGroups {
  /// The groups of the channels of one field. Families of one `peers` number are of one layer of the architecture under
  /// several scopes, and keep as many channels as each other.
  struct Family {
    std::vector<int> groups;
    int peers = 0;
  };
  /// Group of each output and each input channel of a convolution's tensor; -1: none.
  struct Ends {
    std::vector<int> out, in;
  };

  int count = 0;
  std::vector<Family> families;
  std::map<std::string, Ends> ends; ///< by tensor
};

ChannelGroups channel_groups(const Architecture& architecture);

/// The smaller network without the groups of `removed`: fewer channels in the architecture, slices of the tensors. It
/// computes what the larger one computes where every weight that reads a channel of them is zero. Throws InputError
/// where the layers of one architecture would need several numbers of channels.
Model without_channels(const Model& model, const ChannelGroups& groups, const std::vector<bool>& removed);

} // namespace linnet::learned
