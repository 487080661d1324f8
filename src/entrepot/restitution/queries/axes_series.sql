-- The published indicator of each axis, quarter by quarter, for the whole country.
select
    dim_trimestre.trimestre,
    dim_trimestre.libelle,
    'france' as niveau,
    'FR' as code,
    max(bilan.valeur_trimestre) filter (where bilan.axe = 'recenser_federer') as coordination_trimestre,
    max(bilan.valeur_cumul) filter (where bilan.axe = 'recenser_federer') as coordination_cumul,
    max(bilan.valeur_trimestre) filter (where bilan.axe = 'aller_vers') as evenements_trimestre,
    max(bilan.valeur_cumul) filter (where bilan.axe = 'aller_vers') as evenements_cumul,
    max(bilan.valeur_trimestre) filter (where bilan.axe = 'innover') as freins_trimestre,
    max(bilan.valeur_cumul) filter (where bilan.axe = 'innover') as freins_cumul,
    max(bilan.nb_repondants) as nb_repondants,
    max(bilan.nb_attendus) as nb_attendus
from marts.bilan_axes as bilan
inner join marts.dim_trimestre using (trimestre)
where
    bilan.trimestre <= %(trimestre)s and bilan.niveau = 'france'
    and bilan.indicateur = case bilan.axe when 'innover' then 'actions_frein' else 'occurrences' end
group by dim_trimestre.trimestre, dim_trimestre.libelle
order by dim_trimestre.trimestre
