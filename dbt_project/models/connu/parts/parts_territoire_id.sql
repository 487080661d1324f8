select territoire_id
from {{ ref('con_territoires') }}
