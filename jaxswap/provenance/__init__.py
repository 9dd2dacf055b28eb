"""What every output says about itself."""
